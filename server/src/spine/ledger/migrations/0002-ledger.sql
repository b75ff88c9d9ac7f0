-- The floor. Entries are staged in the acting transaction; one sequencer numbers them (design: Ledger).
create table ledger_stage (
  stage_id  bigint generated always as identity primary key,
  xid       xid8 not null default pg_current_xact_id(),
  party_id  bigint,
  act       text not null,
  object    text not null,
  entry     bytea not null,
  staged_at timestamptz not null default now()
);
create index ledger_stage_order on ledger_stage (xid, stage_id);
create index ledger_stage_object on ledger_stage (object);

create table ledger_entry (
  entry_index bigint primary key,
  stage_id    bigint not null unique,
  party_id    bigint,
  act         text not null,
  object      text not null,
  entry       bytea not null,
  leaf_hash   bytea not null
);
create index ledger_entry_object on ledger_entry (object);

-- Level -1 stands for entry bundles. width = 256 is the full tile.
create table ledger_tile (
  level smallint not null,
  n     bigint not null,
  width smallint not null check (width between 1 and 256),
  bytes bytea not null,
  primary key (level, n, width)
);

create table ledger_checkpoint (
  tree_size bigint primary key,
  root_hash bytea not null,
  note      text not null,
  signed_at timestamptz not null
);

select append_only('ledger_entry');
select append_only('ledger_tile');
select append_only('ledger_checkpoint');
grant insert on ledger_stage to thingward_door;
grant select, insert, delete on ledger_stage to thingward_corridor;
grant select, insert on ledger_entry, ledger_tile, ledger_checkpoint to thingward_corridor;
