-- Access servers that send RADIUS accounting and are told to end sessions. The secret lies in a file of the operator's;
-- only the file's name stands here. An address names one client, whoever's it is: a packet brings nothing else to go by.
create table radius_client (
  client_id   bigint generated always as identity primary key,
  party_id    bigint not null references party,
  source_id   bigint not null references source,
  name        text not null,
  address     text not null,
  secret_file text not null,
  direction   text check (direction in ('as-standard', 'swapped')),
  port        int not null check (port between 1 and 65535),
  silence_ms  bigint not null,
  needs_hmac  boolean not null,
  made_by     text not null,
  made_at     timestamptz not null,
  ended_at    timestamptz
);
create unique index radius_client_address on radius_client (address) where ended_at is null;
create unique index radius_client_name on radius_client (party_id, name) where ended_at is null;

-- Sessions as access servers tell them: keyed by source and unique session (C-27).
create table radius_session (
  source_id     bigint not null references source,
  series        text not null,
  party_id      bigint not null references party,
  client_id     bigint not null references radius_client,
  claim         text not null,
  nas           text not null,
  attributes    jsonb not null,
  begun_at      timestamptz not null,
  is_begin_told boolean not null,
  heard_at      timestamptz not null,
  bytes_up      bigint,
  bytes_down    bigint,
  closed_at     timestamptz,
  closed_by     text check (closed_by in ('stop', 'server', 'silence', 'disconnect', 'unknown-to-server')),
  times_closed  int not null default 0,
  asked_at      timestamptz,
  answer        text,
  primary key (source_id, series),
  check ((closed_at is null) = (closed_by is null))
);
create index radius_session_claim on radius_session (claim);
create index radius_session_heard on radius_session (client_id, heard_at) where closed_at is null;

-- Cards the network is not to let in: written by an order, gone with its lifting.
create table radius_block (
  subject_id      bigint primary key references subject,
  party_id        bigint not null references party,
  order_key       text not null,
  kind            text not null,
  since           timestamptz not null,
  refused         bigint not null default 0,
  last_refused_at timestamptz
);

select protect('radius_client');
select protect('radius_session');
select protect('radius_block');
grant select, insert, update on radius_client, radius_session to thingward_door, thingward_corridor;
grant select, update on radius_block to thingward_door;
grant select, insert, update, delete on radius_block to thingward_corridor;
