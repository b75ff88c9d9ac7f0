-- People and keys. Sign-in itself (accounts, sessions) lies in the schema thingward_auth of the sign-in library.
create table membership (
  user_id    text not null,
  party_id   bigint not null references party,
  role       text not null check (role in ('administrator', 'supervisor', 'case-officer', 'analyst', 'auditor')),
  granted_at timestamptz not null default now(),
  granted_by text not null,
  primary key (user_id, party_id, role)
);
create table api_key (
  key_id     text primary key,
  party_id   bigint not null references party,
  title      text not null,
  scopes     text[] not null,
  key_hash   bytea not null unique,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);

-- Things that are supervised or that bind what is supervised: a card, a contract, a pool of devices.
create table subject (
  subject_id bigint generated always as identity primary key,
  party_id   bigint not null references party,
  kind       text not null,
  reference  text not null,
  class      text,
  attributes jsonb not null default '{}',
  created_at timestamptz not null default now(),
  unique (party_id, kind, reference)
);

-- A claim is a canonical identifier as records write it, `iccid:8944…`; it names a subject between two moments.
create table alias (
  alias_id    bigint generated always as identity primary key,
  party_id    bigint not null references party,
  claim       text not null,
  subject_id  bigint not null references subject,
  valid_from  timestamptz not null default '-infinity',
  valid_to    timestamptz not null default 'infinity',
  stated_by   text not null,
  recorded_at timestamptz not null default now(),
  retired_at  timestamptz,
  check (valid_from < valid_to)
);
create index alias_claim on alias (claim) where retired_at is null;
create index alias_subject on alias (subject_id) where retired_at is null;
create unique index alias_once on alias (party_id, claim, subject_id, valid_from) where retired_at is null;

-- Typed, dated links between two subjects: card `under` contract, card `in` device-pool.
create table link (
  link_id     bigint generated always as identity primary key,
  party_id    bigint not null references party,
  from_id     bigint not null references subject,
  kind        text not null,
  to_id       bigint not null references subject,
  valid_from  timestamptz not null default '-infinity',
  valid_to    timestamptz not null default 'infinity',
  stated_by   text not null,
  recorded_at timestamptz not null default now(),
  retired_at  timestamptz,
  check (valid_from < valid_to)
);
create index link_from on link (from_id) where retired_at is null;
create index link_to on link (to_id) where retired_at is null;

-- What holds of a subject between two moments: `restriction` (terms), `swap-window`, `first-device`, `baseline`.
-- A row is never changed save for retired_at: a correction retires it and adds another.
create table dated_fact (
  fact_id     bigint generated always as identity primary key,
  party_id    bigint not null references party,
  subject_id  bigint not null references subject,
  kind        text not null,
  valid_from  timestamptz not null default '-infinity',
  valid_to    timestamptz not null default 'infinity',
  body        jsonb not null,
  stated_by   text not null,
  recorded_at timestamptz not null default now(),
  retired_at  timestamptz,
  check (valid_from < valid_to)
);
create index dated_fact_subject on dated_fact (subject_id) where retired_at is null;

-- A subject whose past changed (a fact, link or alias of earlier validity): judged again from that moment.
create table dirty (
  dirty_id   bigint generated always as identity primary key,
  xid        xid8 not null default pg_current_xact_id(),
  subject_id bigint not null references subject,
  from_time  timestamptz not null,
  reason     text not null
);
create index dirty_order on dirty (xid, dirty_id);

select protect('membership');
select protect('api_key');
select protect('subject');
select protect('alias');
select protect('link');
select protect('dated_fact');
grant select, insert, delete on membership to thingward_corridor;
grant select, insert, delete on membership to thingward_door;
grant select, insert, update on api_key to thingward_corridor, thingward_door;
grant select, insert, update on subject, alias, link, dated_fact to thingward_corridor, thingward_door;
grant insert on dirty to thingward_door;
grant select, insert, delete on dirty to thingward_corridor;
