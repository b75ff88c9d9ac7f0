-- An export to a supervising authority shows persons in the clear by two persons alone (C-54): one proposes and takes
-- it, another confirms it and never holds it.
create table clear_export (
  clear_export_id bigint generated always as identity primary key,
  party_id    bigint not null references party,
  period_from timestamptz not null,
  period_to   timestamptz not null,
  sets        text[],
  format      text not null check (format in ('csv', 'ndjson')),
  zone        text check (length(zone) <= 40),
  purpose     text not null check (purpose in ('authority-request', 'report-to-authority')),
  ground      text not null check (length(ground) between 4 and 300),
  reference   text not null check (length(reference) between 1 and 120),
  why         text not null check (length(btrim(why)) between 1 and 1000),
  -- Opens what the public ledger holds in place of file number and reason.
  salt        bytea not null check (octet_length(salt) = 32),
  -- How many persons stood in it when it was proposed, and how many one reader might see on a day then.
  persons     bigint not null check (persons >= 0),
  most        bigint check (most >= 0),
  proposed_by text not null check (proposed_by like 'person/_%'),
  proposed_at timestamptz not null,
  expires_at  timestamptz not null,
  check (period_from < period_to and period_to <= proposed_at and proposed_at < expires_at)
);
create index clear_export_expiry on clear_export (expires_at);

create table clear_export_decision (
  clear_export_id bigint primary key references clear_export,
  party_id   bigint not null references party,
  decision   text not null check (decision in ('confirmed', 'refused', 'withdrawn', 'expired')),
  actor      text not null,
  note       text not null check (length(note) <= 1000),
  -- The second person let it go beyond what one reader may see on a day.
  beyond_day boolean not null,
  at         timestamptz not null,
  take_until timestamptz,
  check ((decision = 'confirmed') = (take_until is not null) and (decision = 'confirmed' or not beyond_day)),
  check (take_until > at)
);

-- Each time its taking began. What broke off may be begun again; what was given out whole may not.
create table clear_export_take (
  take_id    bigint generated always as identity primary key,
  clear_export_id bigint not null references clear_export,
  party_id   bigint not null references party,
  actor      text not null,
  at         timestamptz not null,
  unique (take_id, clear_export_id)
);
create table clear_export_given (
  clear_export_id bigint primary key references clear_export,
  take_id    bigint not null,
  party_id   bigint not null references party,
  manifest_sha256 text not null check (manifest_sha256 ~ '^[0-9a-f]{64}$'),
  at         timestamptz not null,
  foreign key (take_id, clear_export_id) references clear_export_take (take_id, clear_export_id)
);
create index clear_export_take_of on clear_export_take (clear_export_id, take_id);

select protect('clear_export');
select protect('clear_export_decision');
select protect('clear_export_take');
select protect('clear_export_given');
select append_only('clear_export');
select append_only('clear_export_decision');
select append_only('clear_export_take');
select append_only('clear_export_given');
grant select, insert on clear_export, clear_export_decision, clear_export_take, clear_export_given
  to thingward_door, thingward_corridor;

-- Whether both may have their part in an export in the clear, here or above: who proposes sees persons, who confirms
-- answers for exports. Their roles are held still until this transaction ends.
create function clear_export_roles(party bigint, proposer text, other text) returns boolean
  language sql volatile security definer set search_path = thingward, pg_temp
  as $$
    select count(*) filter (where label = proposer and role = 'supervisor') > 0
        and count(*) filter (where label = other and role in ('administrator', 'supervisor')) > 0
      from (select 'person/' || m.user_id as label, m.role from membership m
        where 'person/' || m.user_id in (proposer, other)
          and (door_party() is null or party in (select door_parties()))
          and m.party_id in (select ancestor_id from party_closure where descendant_id = party)
        for share of m) as held
  $$;
revoke execute on function clear_export_roles(bigint, text, text) from public;
grant execute on function clear_export_roles(bigint, text, text) to thingward_door, thingward_corridor;

create function check_clear_export_decision() returns trigger
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare
    asked clear_export;
  begin
    select * into asked from clear_export where clear_export_id = new.clear_export_id;
    if asked.party_id is distinct from new.party_id then
      raise exception 'a decision belongs to the party of its proposal' using errcode = 'insufficient_privilege';
    end if;
    if new.decision = 'confirmed' and (new.actor not like 'person/_%' or new.actor = asked.proposed_by
        or new.at < asked.proposed_at or new.at >= asked.expires_at
        or not clear_export_roles(asked.party_id, asked.proposed_by, new.actor)) then
      raise exception 'persons are shown in the clear by two persons' using errcode = 'insufficient_privilege';
    end if;
    if new.decision = 'withdrawn' and new.actor <> asked.proposed_by then
      raise exception 'only whoever proposed takes a proposal back' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end
  $$;
create trigger two_persons before insert on clear_export_decision for each row execute function check_clear_export_decision();

create function check_clear_export_take() returns trigger
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  begin
    if not exists (select from clear_export c join clear_export_decision d using (clear_export_id)
        where c.clear_export_id = new.clear_export_id and c.party_id = new.party_id and c.proposed_by = new.actor
          and d.decision = 'confirmed' and new.at >= d.at and new.at < d.take_until
          and clear_export_roles(c.party_id, c.proposed_by, d.actor))
      or exists (select from clear_export_given g where g.clear_export_id = new.clear_export_id) then
      raise exception 'an export in the clear is taken once, by whoever proposed it, as another confirmed it'
        using errcode = 'insufficient_privilege';
    end if;
    return new;
  end
  $$;
create trigger two_persons before insert on clear_export_take for each row execute function check_clear_export_take();
