-- Codes of a second factor that were accepted, as digests: none is accepted twice within its time (RFC 6238 §5.2).
create table second_factor_code (
  user_id text not null,
  digest  bytea not null,
  used_at timestamptz not null,
  primary key (user_id, digest)
);
create index second_factor_code_used on second_factor_code (used_at);
grant select, insert, update, delete on second_factor_code to thingward_corridor, thingward_door;
