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
