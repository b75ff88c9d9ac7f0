-- A key that speaks for one subject alone: a device's own token (three-legged), for routes that say they take such keys.
alter table api_key add column only_subject bigint references subject;

drop function api_key_in_use(bytea, timestamptz);
create function api_key_in_use(digest bytea, at timestamptz)
  returns table (key_id text, party_id bigint, scopes text[], created_by text, key_hash bytea, only_subject bigint)
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  #variable_conflict use_column
  begin
    update api_key k set last_used_at = at
      where k.key_hash = digest and k.revoked_at is null and (k.last_used_at is null or k.last_used_at < at - interval '1 minute');
    return query select k.key_id, k.party_id, k.scopes, k.created_by, k.key_hash, k.only_subject from api_key k
      where k.key_hash = digest and k.revoked_at is null and (k.expires_at is null or k.expires_at > at);
  end
  $$;
revoke execute on function api_key_in_use(bytea, timestamptz) from public;
grant execute on function api_key_in_use(bytea, timestamptz) to thingward_corridor, thingward_door;
