-- Puts an attempt that came to nothing on record from inside the database, in the caller's transaction: counted like
-- every refusal, the first five of a minute as ledger entries of their own (R-11). The entry is canonical JSON; its
-- words are codes and numbers of ours, never text of the caller's.
create function record_refused_attempt(an_act text, an_object text, a_code text, a_party bigint) returns void
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare
    told text := current_setting('thingward.actor', true);
    who text := case when told ~ '^[A-Za-z0-9/_:.-]{1,200}$' then told else 'database/' || session_user end;
    whose bigint := coalesce(nullif(door_party(), 0), a_party);
    at timestamptz := clock_timestamp();
    times int;
  begin
    if an_act !~ '^[a-z-]{1,60}$' or a_code !~ '^[a-z-]{1,60}$' or an_object !~ '^[a-z-]+/[A-Za-z0-9-]{1,60}$' then
      raise exception 'an attempt is recorded in words of the house' using errcode = 'invalid_parameter_value';
    end if;
    times := count_refusal(an_act, who, a_code, date_trunc('minute', at), case when door_party() is null then a_party else nullif(door_party(), 0) end);
    if times > 5 then return; end if;
    insert into ledger_stage (party_id, act, object, entry) values (whose, an_act || '-refused', an_object, convert_to(format(
      '{"act":"%s-refused","actor":"%s","at":"%s","detail":{"code":"%s"},"object":"%s"%s,"v":1}',
      an_act, who, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), a_code, an_object,
      case when whose is null then '' else format(',"party":"party/%s"', whose) end), 'UTF8'));
  end
  $$;
revoke execute on function record_refused_attempt(text, text, text, bigint) from public;
grant execute on function record_refused_attempt(text, text, text, bigint) to thingward_door, thingward_corridor;

-- Whether a subject (a holder, a seller, a person) is who it says it is. The last statement about a subject decides,
-- and only while it says `verified` and the database's clock is before `valid_to`. `identity_key` is a blind index:
-- equal for one identity whatever subjects stand for it, and nothing can be read out of it.
create table identity_statement (
  statement_id bigint generated always as identity primary key,
  party_id     bigint not null references party,
  subject_id   bigint not null references subject,
  outcome      text not null check (outcome in ('verified', 'failed', 'withdrawn')),
  person       text not null check (person in ('natural', 'unit')),
  identity_key bytea check (octet_length(identity_key) between 16 and 64),
  method       text not null check (method ~ '^[a-z0-9-]{1,60}$'),
  evidence     text not null check (evidence ~ '^[A-Za-z0-9/_:.-]{1,200}$'),
  valid_to     timestamptz not null,
  stated_by    text not null,
  stated_at    timestamptz not null,
  check (outcome <> 'verified' or (identity_key is not null and valid_to > stated_at))
);
create index identity_statement_subject on identity_statement (subject_id, statement_id desc);
create index identity_statement_key on identity_statement (identity_key);
select protect('identity_statement');
select append_only('identity_statement');

-- What lets somebody pass a gate is stated by the corridor alone, never by a transaction that serves a request: tried
-- from the door it comes to nothing and is on record. When it is stated is the database's to say. Acts that rest on
-- the subject wait meanwhile (lock_standing).
create function state_by_corridor() returns trigger
  language plpgsql set search_path = thingward, pg_temp
  as $$
  begin
    if current_user <> 'thingward_corridor' and current_user <> 'thingward_owner' then
      perform record_refused_attempt('attestation', 'subject/' || new.subject_id, 'attestation-by-door', new.party_id);
      return null;
    end if;
    perform lock_standing(new.subject_id, true);
    new.stated_at := clock_timestamp();
    return new;
  end
  $$;

-- Held until the transaction ends: shared by what rests on a subject's standing, alone by what changes it.
create function lock_standing(subject bigint, alone boolean) returns void
  language plpgsql set search_path = thingward, pg_temp
  as $$
  begin
    if alone then perform pg_advisory_xact_lock(hashtext('standing'), (subject % 2147483647)::int);
    else perform pg_advisory_xact_lock_shared(hashtext('standing'), (subject % 2147483647)::int);
    end if;
  end
  $$;
create trigger by_corridor before insert on identity_statement for each row execute function state_by_corridor();
grant select, insert on identity_statement to thingward_door, thingward_corridor;

-- The identity in force by the database's clock; no row when there is none. For gates in the database alone: it
-- reads past row-level security.
create function identity_in_force(subject bigint) returns table (person text, identity_key bytea, valid_to timestamptz)
  language sql volatile security definer set search_path = thingward, pg_temp
  as $$
    select last.person, last.identity_key, last.valid_to from (
      select * from identity_statement s where s.subject_id = subject order by s.statement_id desc limit 1) last
    where last.outcome = 'verified' and clock_timestamp() < last.valid_to
  $$;
revoke execute on function identity_in_force(bigint) from public;
