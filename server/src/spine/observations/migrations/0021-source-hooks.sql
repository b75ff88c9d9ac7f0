-- Addresses at which a provider's platform pushes records of a source. The secret is derived from a key outside the
-- database, so that whoever reads this table can push nothing.
create table source_hook (
  hook_id    text primary key,
  party_id   bigint not null references party,
  source_id  bigint not null references source,
  scheme     text not null check (scheme in ('hmac-sha256', 'token')),
  header     text not null,
  made_by    text not null,
  made_at    timestamptz not null,
  ended_at   timestamptz
);
create index source_hook_source on source_hook (source_id);
select protect('source_hook');
grant select, insert on source_hook to thingward_door;
grant update (ended_at) on source_hook to thingward_door;
grant select on source_hook to thingward_corridor;

-- A push comes before it is known whose it is. pg_temp stands last, as everywhere.
create function source_hook_in_use(id text) returns setof source_hook
  language sql stable security definer set search_path = thingward, pg_temp
  as $$ select * from source_hook where hook_id = id and ended_at is null $$;
revoke all on function source_hook_in_use(text) from public;
grant execute on function source_hook_in_use(text) to thingward_door;
