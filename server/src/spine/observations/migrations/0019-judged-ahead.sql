-- Parties take turns at judging, so one that waits behind another's backlog is judged before the position comes to it.
-- Within a party chunks are judged in their order: this is the last of it, where it lies after the position.
create table judged_ahead (
  partition_no int not null references judge_partition,
  party_id     bigint not null,
  xid          xid8 not null,
  chunk_id     bigint not null,
  primary key (partition_no, party_id)
);
create index chunk_party on chunk (party_id, xid, chunk_id);
-- What was judged ahead of a snapshot's position, and is in it.
alter table judge_snapshot add column ahead jsonb not null default '[]';
grant select, insert, update, delete on judged_ahead to thingward_corridor;
