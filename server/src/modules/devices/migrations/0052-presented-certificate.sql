-- Whose a certificate is that somebody presents: read before it is known for which party, so for all of them, and told
-- only to whoever has the whole certificate.
create function presented_certificate(asked_key bytea, asked_der bytea)
  returns table (certificate_id bigint, party_id bigint, authority_id bigint, subject_id bigint, reference text,
    state text, not_before timestamptz, not_after timestamptz, changes bigint)
  language sql stable security definer set search_path = thingward, pg_temp
  as $$
    select c.certificate_id, c.party_id, c.authority_id, c.subject_id, s.reference, c.state, c.not_before, c.not_after,
      a.changes
    from device_certificate c join device_authority a using (authority_id) join subject s on s.subject_id = c.subject_id
    where c.key_sha256 = asked_key and c.der = asked_der and a.state <> 'requested'
  $$;
revoke execute on function presented_certificate(bytea, bytea) from public;
grant execute on function presented_certificate(bytea, bytea) to thingward_door, thingward_corridor;

-- Each of some authorities with the number of its last change, and the certificates that it ended after a change given.
create function ended_certificates(authorities bigint[], seen bigint[])
  returns table (authority_id bigint, changes bigint, certificate_id bigint, party_id bigint, reference text, state text,
    is_last boolean)
  language sql stable set search_path = thingward, pg_temp
  as $$
    select a.authority_id, a.changes, c.certificate_id, c.party_id, s.reference, c.state, not exists (
      select from device_certificate other
      where other.subject_id = c.subject_id and other.state = 'valid' and other.not_after > now())
    from unnest(authorities, seen) as known (authority_id, change_no)
    join device_authority a using (authority_id)
    left join device_certificate c
      on c.authority_id = a.authority_id and c.change_no > known.change_no and c.state <> 'valid'
    left join subject s on s.subject_id = c.subject_id
  $$;
revoke execute on function ended_certificates(bigint[], bigint[]) from public;
grant execute on function ended_certificates(bigint[], bigint[]) to thingward_corridor;
