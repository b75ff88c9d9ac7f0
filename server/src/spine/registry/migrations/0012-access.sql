-- Tries to sign in, counted by account, by address, and by both where an account was signed in from an address
-- before. Addresses stand here as keyed digests.
create table sign_in_try (
  counter      text primary key,
  tries        int not null default 0,
  locked_until timestamptz,
  last_at      timestamptz not null
);
create index sign_in_try_last on sign_in_try (last_at);
create table known_peer (
  account text not null,
  peer    text not null,
  last_at timestamptz not null,
  primary key (account, peer)
);
grant select, insert, update, delete on sign_in_try, known_peer to thingward_corridor, thingward_door;
alter table sign_in_state drop column failures, drop column locked_until;

-- Ends one session of a person, or all but one, with the caller's transaction.
create function end_session(person text, session_id text) returns bigint
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare ended bigint;
  begin
    delete from thingward_auth.session where "userId" = person and id = session_id;
    get diagnostics ended = row_count;
    return ended;
  end
  $$;
create function end_other_sessions(person text, kept_id text) returns bigint
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare ended bigint;
  begin
    delete from thingward_auth.session where "userId" = person and id <> kept_id;
    get diagnostics ended = row_count;
    return ended;
  end
  $$;
revoke execute on function end_session(text, text), end_other_sessions(text, text) from public;
grant execute on function end_session(text, text), end_other_sessions(text, text) to thingward_corridor, thingward_door;
