-- A version of a rule is its text; it is named by the SHA-256 of its canonical form (first 16 hex digits).
create table rule_version (
  rule_id   text not null,
  version   text not null,
  text      text not null,
  armed_at  timestamptz not null,
  armed_by  text not null,
  retired_at timestamptz,
  primary key (rule_id, version)
);
create unique index rule_armed_once on rule_version (rule_id) where retired_at is null;
grant select, insert, update on rule_version to thingward_door;
grant select, insert, update on rule_version to thingward_corridor;
