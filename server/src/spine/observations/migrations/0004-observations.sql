create table source (
  source_id  bigint generated always as identity primary key,
  party_id   bigint not null references party,
  name       text not null,
  format     text not null,
  profile    jsonb not null,
  watermark  timestamptz,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  unique (party_id, name)
);

-- One file or one stream of records as a source handed it over; its chunks are the commits.
create table batch (
  batch_id    bigint generated always as identity primary key,
  party_id    bigint not null references party,
  source_id   bigint not null references source,
  name        text not null,
  state       text not null default 'receiving' check (state in ('receiving', 'complete', 'broken')),
  received    bigint not null default 0,
  accepted    bigint not null default 0,
  duplicate   bigint not null default 0,
  quarantined bigint not null default 0,
  -- The latest believed time among its records, repeated ones included.
  watermark   timestamptz,
  content_sha256 bytea,
  flags       jsonb not null default '[]',
  opened_at   timestamptz not null,
  closed_at   timestamptz,
  check (received = accepted + duplicate + quarantined)
);
create index batch_source on batch (source_id, batch_id);
create index batch_settled on batch (source_id, watermark) where state = 'complete';

-- One accept commit. The judge reads chunks in the order (xid, chunk_id) below the snapshot's horizon.
create table chunk (
  chunk_id    bigint generated always as identity primary key,
  xid         xid8 not null default pg_current_xact_id(),
  party_id    bigint not null,
  source_id   bigint not null,
  batch_id    bigint not null references batch,
  received_at timestamptz not null,
  accepted    int not null
);
create index chunk_order on chunk (xid, chunk_id);
-- What a source delivered since a process last looked: its filter of digests catches up by it.
create index chunk_source on chunk (source_id, chunk_id);

create table observation (
  received_at timestamptz not null,
  party_id    bigint not null default door_party(),
  source_id   bigint not null,
  batch_id    bigint not null,
  chunk_id    bigint not null,
  record_no   bigint not null,
  digest      bytea not null,
  kind        text not null,
  claim       text not null,
  observed_at timestamptz not null,
  time_mark   text not null,
  stated_at   timestamptz,
  offset_min  smallint,
  series      text,
  body        jsonb not null
) partition by range (received_at);

-- Makes the leaf for one UTC day; called by the owner before the day begins, and at start.
-- The door may COPY into a leaf but neither name the party nor read it there; it reads through the parent.
-- Attaching, unlike creating as a partition, does not wait for the parent's readers; a second caller waits for the first.
create function observation_leaf(day date) returns text
  language plpgsql set search_path = thingward, pg_temp
  as $$
  declare
    leaf text := 'observation_' || to_char(day, 'YYYYMMDD');
    starts text := to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00';
    ends text := to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00';
  begin
    if to_regclass('thingward.' || leaf) is not null then return leaf; end if;
    lock table observation in share update exclusive mode;
    if to_regclass('thingward.' || leaf) is not null then return leaf; end if;
    execute format('create table %I (like observation including defaults)', leaf);
    execute format('create unique index on %I (digest)', leaf);
    execute format('create index on %I (claim, observed_at)', leaf);
    execute format('create index on %I (series, observed_at) where series is not null', leaf);
    execute format('create index on %I (chunk_id)', leaf);
    execute format('grant insert (received_at, source_id, batch_id, chunk_id, record_no, digest, kind, claim, observed_at, time_mark, stated_at, offset_min, series, body) on %I to thingward_door', leaf);
    execute format('grant select, insert on %I to thingward_corridor', leaf);
    execute format('alter table observation attach partition %I for values from (%L) to (%L)', leaf, starts, ends);
    return leaf;
  end
  $$;

-- What claims were observed with: that a record of the claim, delivered by the party, told this value of a field, and
-- between which days. It follows from the observations alone and only ever grows. The name is the value, of a long one its digest.
create table observed_link (
  kind     text not null,
  field    text not null,
  name     text not null,
  value    text not null,
  party_id bigint not null,
  claim    text not null,
  first_at timestamptz not null,
  last_at  timestamptz not null,
  primary key (field, name, claim, party_id, kind)
);
create index observed_link_claim on observed_link (claim, last_at desc);
-- The fields of which every accepted record's value is linked once it is judged.
create table linked_field (
  kind  text not null,
  field text not null,
  primary key (kind, field)
);

create table quarantine (
  quarantine_id bigint generated always as identity primary key,
  party_id    bigint not null,
  source_id   bigint not null references source,
  batch_id    bigint not null references batch,
  record_no   bigint not null,
  place       text not null,
  reason      text not null,
  detail      jsonb not null default '{}',
  raw         bytea not null,
  -- What stands around the record so that it can be read again alone: a header line, a file's head and end.
  frame_before bytea not null default '',
  frame_after  bytea not null default '',
  digest      bytea not null,
  state       text not null default 'open' check (state in ('open', 'replayed', 'discarded')),
  mended      bytea,
  replayed_in bigint references batch,
  acted_by    text,
  acted_at    timestamptz,
  created_at  timestamptz not null default now(),
  unique (source_id, digest)
);

create index quarantine_open on quarantine (source_id) where state = 'open';

-- Time enters judging only as recorded ticks: the watermark a source has reached.
create table tick (
  tick_id   bigint generated always as identity primary key,
  xid       xid8 not null default pg_current_xact_id(),
  source_id bigint not null references source,
  watermark timestamptz not null
);
create index tick_order on tick (xid, tick_id);
create index tick_source on tick (source_id, watermark);

-- Who judges a partition, and up to where. A write under an old epoch matches no row and is rolled back.
create table judge_partition (
  partition_no   int primary key,
  owner          text,
  epoch          bigint not null default 0,
  lease_until    timestamptz,
  position_xid   xid8 not null default '0',
  position_chunk bigint not null default 0,
  position_tick  bigint not null default 0,
  position_tick_xid xid8 not null default '0'
);
insert into judge_partition (partition_no) values (0);

-- What judging remembered at a position, in pieces that carry their own checksums: only an accelerator.
create table judge_snapshot (
  snapshot_no    bigint generated always as identity primary key,
  partition_no   int not null references judge_partition,
  position_xid   xid8 not null,
  position_chunk bigint not null,
  taken_at       timestamptz not null,
  damaged        text
);
create table judge_snapshot_piece (
  snapshot_no bigint not null references judge_snapshot on delete cascade,
  piece_no    int not null,
  part_no     int not null,
  name        text not null,
  bytes       bytea not null,
  primary key (snapshot_no, piece_no, part_no)
);
-- Subjects that were judged again for another reason than records to come: since the snapshot that was the last one
-- then, nobody but stored observations knows their state.
create table judged_aside (
  snapshot_no bigint not null,
  subject_id  bigint not null,
  primary key (snapshot_no, subject_id)
);

select protect('source');
select protect('batch');
select protect('chunk');
select protect('observation');
select protect('quarantine');
select protect('observed_link');
grant select on observed_link to thingward_door;
grant select, insert, update on observed_link to thingward_corridor;
grant select, insert on linked_field to thingward_corridor;
grant select, insert, update on source, batch, quarantine to thingward_door, thingward_corridor;
grant select on observation to thingward_door, thingward_corridor;
grant insert on chunk to thingward_door;
grant select, insert on chunk to thingward_corridor;
grant select (chunk_id, source_id, received_at, accepted) on chunk to thingward_door;
grant select, insert on tick to thingward_corridor;
grant insert on tick to thingward_door;
grant select, insert, update on judge_partition to thingward_corridor;
grant select, insert, update, delete on judge_snapshot, judge_snapshot_piece, judged_aside to thingward_corridor;
