-- How large the volumes of a source usually are, so that a unit that changed unsaid shows (CR-27): up to which chunk
-- they were looked at, the quartiles of the last windows of records, and a jump that nobody has answered yet.
create table source_volume (
  source_id bigint primary key references source,
  party_id  bigint not null references party,
  -- What the source declared when the level was learned; where it declares otherwise, it is learned anew.
  profile_sha256 bytea not null,
  up_to_chunk bigint not null default 0,
  -- Since when the level is learned.
  began_at  timestamptz,
  level     jsonb not null default '[]',
  jump      jsonb
);
create index source_volume_jumped on source_volume (party_id) where jump is not null;

select protect('source_volume');
grant select, update (began_at, level, jump) on source_volume to thingward_door;
grant select, insert, update on source_volume to thingward_corridor;
