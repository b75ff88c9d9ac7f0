-- Refused acts by act, actor, code and minute: the first of a minute are in the ledger one by one, how many more
-- there were follows as one entry, so that nobody floods the ledger by being refused.
create table refusal_count (
  act      text not null,
  actor    text not null,
  code     text not null,
  minute   timestamptz not null,
  party_id bigint,
  times    int not null,
  primary key (act, actor, code, minute)
);
create index refusal_count_minute on refusal_count (minute);
grant select, insert, update on refusal_count to thingward_door;
grant select, insert, update, delete on refusal_count to thingward_corridor;

-- What was last put on record of the settings of access, as a digest.
create table access_setting (
  only_one boolean primary key default true check (only_one),
  digest   bytea not null
);
grant select, insert, update on access_setting to thingward_corridor;
