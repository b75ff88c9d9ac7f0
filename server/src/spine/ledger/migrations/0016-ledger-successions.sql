-- A log that cannot be signed on without a fork is followed by another one, under an origin nobody had before, over
-- the same entries. The row names what the log before it published last, and what of that this database lacks.
create table ledger_succession (
  succession_no bigint generated always as identity primary key,
  origin        text not null unique,
  follows       text not null,
  tree_size     bigint not null,
  root_hash     bytea not null,
  newest_note   text not null,
  actor         text not null,
  at            timestamptz not null
);
select append_only('ledger_succession');
grant select on ledger_succession to thingward_door, thingward_corridor;
grant insert on ledger_succession to thingward_corridor;
