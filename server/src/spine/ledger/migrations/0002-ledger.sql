-- The floor. Entries are staged in the acting transaction; one sequencer numbers them (design: Ledger).
create table ledger_stage (
  stage_id  bigint generated always as identity primary key,
  xid       xid8 not null default pg_current_xact_id(),
  party_id  bigint,
  act       text not null,
  object    text not null,
  entry     bytea not null check (octet_length(entry) between 1 and 65535),
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

-- Level -1 stands for entry bundles. width = 256 is the full tile. Kept here: every full tile and bundle, and
-- of the levels from 1 up the open tile of every checkpoint. The open tile of level 0 and the open bundle are
-- a stretch of ledger_entry, whose rows never change either (ledger_stretch).
create table ledger_tile (
  level smallint not null,
  n     bigint not null,
  width smallint not null check (width between 1 and 256),
  bytes bytea not null,
  primary key (level, n, width),
  check (level < 0 or octet_length(bytes) = 32 * width)
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

-- A staged entry is never changed, and leaves only by becoming an entry of the ledger.
create function refuse_unsequenced() returns trigger
  language plpgsql set search_path = thingward, pg_temp
  as $$
  begin
    if exists (select from gone g where not exists (
      select from ledger_entry e where e.stage_id = g.stage_id and e.entry = g.entry)) then
      raise exception 'a staged entry leaves only into the ledger' using errcode = 'insufficient_privilege';
    end if;
    return null;
  end
  $$;
create trigger never_changed before update on ledger_stage for each row execute function refuse_change();
create trigger never_truncated before truncate on ledger_stage for each statement execute function refuse_change();
create trigger only_into_the_ledger after delete on ledger_stage
  referencing old table as gone for each statement execute function refuse_unsequenced();

-- The first `width` hashes (level 0) or framed entries (level -1) of tile n, as C2SP tlog-tiles lays them out.
-- Tiles are public, entries by object are the party's: so this is the one way round row-level security.
create function ledger_stretch(level int, n bigint, width int) returns bytea
  language sql stable security definer set search_path = thingward, pg_temp
  as $$
    select string_agg(case level when 0 then leaf_hash else substring(int4send(octet_length(entry)) from 3 for 2) || entry end,
      ''::bytea order by entry_index)
    from ledger_entry where entry_index >= n * 256 and entry_index < n * 256 + width
  $$;

select protect('ledger_stage');
select protect('ledger_entry');
grant select on ledger_stage, ledger_entry, ledger_tile, ledger_checkpoint to thingward_door;
grant insert (party_id, act, object, entry) on ledger_stage to thingward_door, thingward_corridor;
grant select, delete on ledger_stage to thingward_corridor;
grant select, insert on ledger_entry, ledger_tile, ledger_checkpoint to thingward_corridor;
