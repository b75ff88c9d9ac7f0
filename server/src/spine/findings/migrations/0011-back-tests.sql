-- A rule's text tried on stored observations before it is armed: what was asked, how far it came, what came of it.
-- The text stands here whole, for a text that was never armed lies nowhere else.
create table back_test (
  back_test_id bigint generated always as identity primary key,
  party_id     bigint not null references party,
  rule_id      text not null,
  version      text not null,
  text         text not null,
  from_time    timestamptz not null,
  to_time      timestamptz not null,
  chosen       jsonb not null,
  state        text not null default 'waiting'
    check (state in ('waiting', 'running', 'finished', 'canceled', 'failed', 'broken-off')),
  asked_by     text not null,
  asked_at     timestamptz not null,
  runner       text,
  heard_at     timestamptz,
  ended_at     timestamptz,
  is_canceled  boolean not null default false,
  done         bigint not null default 0,
  total        bigint,
  fault        text,
  result       jsonb,
  check (from_time < to_time),
  check ((state = 'finished') = (result is not null))
);
create index back_test_rule on back_test (rule_id, back_test_id desc);
create index back_test_waiting on back_test (back_test_id) where state in ('waiting', 'running');
select protect('back_test');
grant select, insert on back_test to thingward_door;
grant update (is_canceled, state, ended_at) on back_test to thingward_door;
grant select, update on back_test to thingward_corridor;
