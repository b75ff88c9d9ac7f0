-- Whom a party has told of its findings, cases and measures, and what each was told. The secret a notice is signed
-- with is made of a key file by subscriber and version; none lies here.
create table subscriber (
  subscriber_id  bigint generated always as identity primary key,
  party_id       bigint not null references party,
  url            text not null,
  topics         text[] not null,
  secret_version int not null default 1,
  former_until   timestamptz,
  made_by        text not null,
  made_at        timestamptz not null,
  ended_at       timestamptz,
  end_reason     text
);
create table notice (
  notice_id     bigint generated always as identity primary key,
  subscriber_id bigint not null references subscriber,
  party_id      bigint not null references party,
  entry_index   bigint not null,
  type          text not null,
  body          text not null,
  made_at       timestamptz not null,
  attempts      int not null default 0,
  next_at       timestamptz,
  done_at       timestamptz,
  last_at       timestamptz,
  last_answer   text,
  unique (subscriber_id, entry_index)
);
create index notice_due on notice (next_at) where next_at is not null;
create index notice_list on notice (subscriber_id, notice_id);

-- How far the ledger was read for subscribers; new ones hear of what comes after.
create table notice_position (
  only_one   boolean primary key default true check (only_one),
  next_index bigint not null
);

select protect('subscriber');
select protect('notice');
grant select, insert, update on subscriber to thingward_door, thingward_corridor;
grant select on notice to thingward_door;
grant select, insert, update, delete on notice to thingward_corridor;
grant select, insert, update on notice_position to thingward_corridor;
