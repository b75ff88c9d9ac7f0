-- Takes the lock under which accept commits of one source follow one another, and then looks at the source. Each query
-- of a volatile function sees what was committed when it began: the look sees what those before have written.
create function locked_source_state(source bigint, out last_chunk bigint, out has_open_quarantine boolean)
  language plpgsql volatile set search_path = thingward, pg_temp
  as $$
  begin
    perform pg_advisory_xact_lock(7401, source::int);
    select coalesce(max(c.chunk_id), 0) into last_chunk from chunk c where c.source_id = source;
    has_open_quarantine := exists (select from quarantine q where q.source_id = source and q.state = 'open');
  end
  $$;
grant execute on function locked_source_state to thingward_door, thingward_corridor;
