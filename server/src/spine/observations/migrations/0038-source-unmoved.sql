-- What posted records presume when they are sent with everything at once: that nobody has written to the source since,
-- that nothing of it lies unsettled, and that its batch and the key still take records. Takes the locks under which that
-- stays so to the end of the transaction, and raises TWM01 where it does not hold: nothing of the transaction is written.
create function expect_unmoved(source bigint, expected_chunk bigint, batch bigint, key_digest bytea, at timestamptz)
  returns void language plpgsql volatile set search_path = thingward, pg_temp
  as $$
  declare
    state record;
  begin
    if key_digest is not null then
      perform from api_key_in_use(key_digest, at);
      if not found then raise exception 'the key opens nothing' using errcode = 'TWM01'; end if;
    end if;
    select * into state from locked_source_state(source);
    if state.last_chunk <> expected_chunk or state.has_open_quarantine then
      raise exception 'the source has moved on' using errcode = 'TWM01';
    end if;
    perform from batch b where b.batch_id = batch and b.state = 'receiving' for no key update;
    if not found then raise exception 'the batch receives no more' using errcode = 'TWM01'; end if;
  end
  $$;
revoke execute on function expect_unmoved(bigint, bigint, bigint, bytea, timestamptz) from public;
grant execute on function expect_unmoved(bigint, bigint, bigint, bytea, timestamptz) to thingward_door;
