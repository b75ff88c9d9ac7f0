-- What the terms of a module's subjects rested on besides dated facts (its catalogues) when they were last judged,
-- as stretches of time with a digest each.
create table terms_basis (
  module    text primary key,
  stretches jsonb not null,
  noted_at  timestamptz not null
);
grant select, insert, update on terms_basis to thingward_corridor;

-- People and keys. Sign-in itself (accounts, sessions) lies in the schema thingward_auth of the sign-in library.
create table membership (
  user_id    text not null,
  party_id   bigint not null references party,
  role       text not null check (role in ('administrator', 'supervisor', 'case-officer', 'analyst', 'auditor')),
  granted_at timestamptz not null default now(),
  granted_by text not null,
  primary key (user_id, party_id, role)
);
create table api_key (
  key_id     text primary key,
  party_id   bigint not null references party,
  title      text not null,
  scopes     text[] not null,
  key_hash   bytea not null unique,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);

-- Wrong passwords and one-time passwords of a person, who belongs to no party here.
create table sign_in_state (
  user_id       text primary key,
  failures      int not null default 0,
  locked_until  timestamptz,
  is_one_time   boolean not null default false,
  shut_out_at   timestamptz
);

-- Things that are supervised or that bind what is supervised: a card, a contract, a pool of devices.
create table subject (
  subject_id bigint generated always as identity primary key,
  party_id   bigint not null references party,
  kind       text not null,
  reference  text not null,
  class      text,
  attributes jsonb not null default '{}',
  created_at timestamptz not null default now(),
  unique (party_id, kind, reference)
);

-- A claim is a canonical identifier as records write it, `iccid:8944…`; it names a subject between two moments.
create table alias (
  alias_id    bigint generated always as identity primary key,
  party_id    bigint not null references party,
  claim       text not null,
  subject_id  bigint not null references subject,
  valid_from  timestamptz not null default '-infinity',
  valid_to    timestamptz not null default 'infinity',
  stated_by   text not null,
  recorded_at timestamptz not null default now(),
  retired_at  timestamptz,
  check (valid_from < valid_to)
);
create index alias_claim on alias (claim);
create index alias_subject on alias (subject_id) where retired_at is null;
-- What somebody registered and what follows from records stand beside each other.
create unique index alias_once on alias (party_id, claim, subject_id, valid_from, (stated_by = 'records')) where retired_at is null;

-- Identifiers that records of a source state together, once for each direction: `claim` through `by_claim`.
-- Only the first and the last such record count, so order and repetition do not matter. The answer tells what
-- became of it; an alias that follows is stated by 'records'.
create table stated_alias (
  stated_id  bigint generated always as identity primary key,
  source_id  bigint not null,
  party_id   bigint not null references party,
  claim      text not null,
  by_claim   text not null,
  first_at   timestamptz not null,
  last_at    timestamptz not null,
  answer     text,
  unique (source_id, claim, by_claim)
);
create index stated_alias_claim on stated_alias (claim, by_claim);
create index stated_alias_by on stated_alias (by_claim);

-- Claims whose aliases are to be derived anew; `spreads` when those stated with them are, too.
create table claim_due (
  due_id  bigint generated always as identity primary key,
  xid     xid8 not null default pg_current_xact_id(),
  claim   text not null,
  spreads boolean not null
);
create index claim_due_order on claim_due (xid, due_id);

-- Typed, dated links between two subjects: card `under` contract, card `in` device-pool.
create table link (
  link_id     bigint generated always as identity primary key,
  party_id    bigint not null references party,
  from_id     bigint not null references subject,
  kind        text not null,
  to_id       bigint not null references subject,
  valid_from  timestamptz not null default '-infinity',
  valid_to    timestamptz not null default 'infinity',
  stated_by   text not null,
  recorded_at timestamptz not null default now(),
  retired_at  timestamptz,
  check (valid_from < valid_to)
);
create index link_from on link (from_id) where retired_at is null;
create index link_to on link (to_id) where retired_at is null;

-- What holds of a subject between two moments: `restriction` (terms), `swap-window`, `first-device`, `baseline`.
-- A row is never changed save for retired_at: a correction retires it and adds another.
create table dated_fact (
  fact_id     bigint generated always as identity primary key,
  party_id    bigint not null references party,
  subject_id  bigint not null references subject,
  kind        text not null,
  valid_from  timestamptz not null default '-infinity',
  valid_to    timestamptz not null default 'infinity',
  body        jsonb not null,
  stated_by   text not null,
  recorded_at timestamptz not null default now(),
  retired_at  timestamptz,
  check (valid_from < valid_to)
);
create index dated_fact_subject on dated_fact (subject_id) where retired_at is null;

-- A subject whose past changed (a fact, link or alias of earlier validity): judged again from that moment.
create table dirty (
  dirty_id   bigint generated always as identity primary key,
  xid        xid8 not null default pg_current_xact_id(),
  subject_id bigint not null references subject,
  from_time  timestamptz not null,
  reason     text not null
);
create index dirty_order on dirty (xid, dirty_id);

-- Who a person or a key is must be known before it is known for which party they speak: these functions read
-- past row-level security, and give only what the bearer of the id or of the key's digest may know of itself.
create function memberships_of(person text) returns table (party_id bigint, role text, name_en text, name_zh text)
  language sql stable security definer set search_path = thingward, pg_temp
  as $$ select m.party_id, m.role, p.name_en, p.name_zh from membership m join party p using (party_id) where m.user_id = person order by m.party_id, m.role $$;

create function roles_at(person text, party bigint) returns setof text
  language sql stable security definer set search_path = thingward, pg_temp
  as $$ select distinct m.role from membership m join party_closure c on c.ancestor_id = m.party_id where m.user_id = person and c.descendant_id = party order by m.role $$;

-- The live key of a digest; notes its use, to the minute.
create function api_key_in_use(digest bytea, at timestamptz) returns table (key_id text, party_id bigint, scopes text[], created_by text, key_hash bytea)
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  #variable_conflict use_column
  begin
    update api_key k set last_used_at = at
      where k.key_hash = digest and k.revoked_at is null and (k.last_used_at is null or k.last_used_at < at - interval '1 minute');
    return query select k.key_id, k.party_id, k.scopes, k.created_by, k.key_hash from api_key k
      where k.key_hash = digest and k.revoked_at is null and (k.expires_at is null or k.expires_at > at);
  end
  $$;

-- Ends every session of a person with the caller's transaction. The sign-in library makes its table after this
-- migration; it is looked up when this is called.
create function end_sessions(person text) returns bigint
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare ended bigint;
  begin
    delete from thingward_auth.session where "userId" = person;
    get diagnostics ended = row_count;
    return ended;
  end
  $$;

-- Makes a party below one that the caller may see; one without a parent only outside the door.
create function found_party(parent bigint, kind text, name_en text, name_zh text, at timestamptz) returns bigint
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare made bigint;
  begin
    if door_party() is not null and (parent is null or parent not in (select door_parties())) then
      raise exception 'a party is founded below the founder''s own' using errcode = 'insufficient_privilege';
    end if;
    insert into party (parent_id, kind, name_en, name_zh, created_at) values (parent, kind, name_en, name_zh, at) returning party_id into made;
    insert into party_closure select c.ancestor_id, made from party_closure c where c.descendant_id = parent union all select made, made;
    return made;
  end
  $$;

-- Of the tree of parties the door sees what lies above and below its own.
alter table party_closure enable row level security;
alter table party_closure force row level security;
create policy door_own on party_closure to thingward_door using (descendant_id in (select door_parties()));
create policy corridor_all on party_closure to thingward_corridor using (true) with check (true);
create policy owner_all on party_closure to thingward_owner using (true) with check (true);
grant select on party_closure to thingward_door;

select protect('membership');
select protect('api_key');
select protect('subject');
select protect('alias');
select protect('link');
select protect('dated_fact');
grant select, insert, delete on membership to thingward_corridor;
grant select, insert, delete on membership to thingward_door;
grant select, insert, update on api_key to thingward_corridor, thingward_door;
grant select, insert, update on subject, alias, link, dated_fact to thingward_corridor, thingward_door;
grant insert on dirty, claim_due to thingward_door;
grant select, insert, delete on claim_due to thingward_corridor;
select protect('stated_alias');
grant select, insert, update on stated_alias to thingward_corridor, thingward_door;
grant select, insert, delete on dirty to thingward_corridor;
grant select, insert, update on sign_in_state to thingward_corridor, thingward_door;

-- Everyone who bears one of these claims is judged again: what a claim names changes with who else bears it.
-- Whoever shares it, or did before a row was retired, from the beginning of its own validity: a claim shared for a
-- while names nobody all the while. It reads past row-level security and tells the caller nothing.
create function mark_bearers(claims text[], since timestamptz[], why text) returns void
  language sql security definer set search_path = thingward, pg_temp
  as $$
    insert into dirty (subject_id, from_time, reason)
    select a.subject_id, min(case when exists (
        select from alias other where other.claim = a.claim and other.subject_id <> a.subject_id
          and other.valid_from < a.valid_to and other.valid_to > a.valid_from)
      then a.valid_from else greatest(q.since, a.valid_from) end), why
    from unnest(claims, since) as q (claim, since) join alias a on a.claim = q.claim and a.retired_at is null and a.valid_to > q.since
    group by a.subject_id
  $$;
revoke execute on function mark_bearers(text[], timestamptz[], text) from public;
grant execute on function mark_bearers(text[], timestamptz[], text) to thingward_corridor, thingward_door;
revoke execute on function memberships_of(text), roles_at(text, bigint), end_sessions(text), api_key_in_use(bytea, timestamptz), found_party(bigint, text, text, text, timestamptz) from public;
grant execute on function memberships_of(text), roles_at(text, bigint), end_sessions(text), api_key_in_use(bytea, timestamptz), found_party(bigint, text, text, text, timestamptz) to thingward_corridor, thingward_door;

-- A sign-in under a name that nobody has belongs to no party, and is on record all the same.
create policy door_nobodys on ledger_stage for insert to thingward_door with check (party_id is null and door_party() = 0);
