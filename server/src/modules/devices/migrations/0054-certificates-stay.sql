-- What the doors may change of an authority, a certificate and its lists: what came to be of it, never whose it is or what
-- was signed. A revoked certificate stays so for every role (I-07, RFC 5280 clause 5.3.1: only a hold is taken back).
revoke update on device_authority, device_certificate, device_crl from thingward_door, thingward_corridor;
grant update (
  state, certificate, chain, name_digests, key_digests, not_before, not_after, installed_by, installed_at, changes
) on device_authority to thingward_door, thingward_corridor;
grant update (state, reason, revoked_at, change_no) on device_certificate to thingward_door, thingward_corridor;
grant update (
  last_number, full_number, full_at, full_next, full_through, full_count, full_bytes,
  delta_number, delta_at, delta_next, delta_through, delta_count, delta_bytes
) on device_crl to thingward_door, thingward_corridor;

create function stays_revoked() returns trigger
  language plpgsql set search_path = thingward, pg_temp
  as $$
  begin
    if (new.state, new.reason, new.revoked_at, new.change_no)
      is distinct from (old.state, old.reason, old.revoked_at, old.change_no) then
      raise exception 'certificate % is revoked and stays so', old.certificate_id using errcode = 'check_violation';
    end if;
    return new;
  end
  $$;
create trigger stays_revoked before update on device_certificate
  for each row when (old.state = 'revoked') execute function stays_revoked();
