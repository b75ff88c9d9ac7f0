-- Critical devices are not stopped by one person, and never by a program alone (C-44).

-- Kinds of measures that stop nothing; every other kind does, also one that nobody thought of here.
create table mild_measure (kind text primary key);
insert into mild_measure (kind) values ('limit-card');
grant select on mild_measure to thingward_door, thingward_corridor;

-- What makes a subject critical by what it is, out of the catalogues of critical devices; replaced at start.
create table critical_trait (
  trait text not null check (trait in ('class', 'scenario', 'device-type')),
  name  text not null check (length(name) between 1 and 63),
  primary key (trait, name)
);
grant select, insert, delete on critical_trait to thingward_corridor;

-- Marks by hand. One person marks; taking a mark off is asked by one and confirmed by another, or whoever may order
-- alone would take it off first.
create table critical_mark (
  mark_id    bigint generated always as identity primary key,
  party_id   bigint not null references party,
  subject_id bigint not null references subject,
  deed       text not null check (deed in ('marked', 'unmark-asked', 'unmarked')),
  why        text not null check (length(btrim(why)) between 1 and 1000),
  actor      text not null,
  at         timestamptz not null
);
create index critical_mark_subject on critical_mark (subject_id, mark_id desc);
select protect('critical_mark');
select append_only('critical_mark');
grant select, insert on critical_mark to thingward_door, thingward_corridor;

-- Whether all of the persons hold a role that orders, here or above, and one of them leads; their roles are held still.
create function leads_among(party bigint, labels text[]) returns boolean
  language sql volatile security definer set search_path = thingward, pg_temp
  as $$
    select count(distinct label) = cardinality(labels) and bool_or(role in ('administrator', 'supervisor'))
      from (select 'person/' || m.user_id as label, m.role from membership m
        where 'person/' || m.user_id = any (labels) and m.role in ('administrator', 'supervisor', 'case-officer')
          and (door_party() is null or party in (select door_parties()))
          and m.party_id in (select ancestor_id from party_closure where descendant_id = party)
        for share of m) as counted
  $$;
revoke execute on function leads_among(bigint, text[]) from public;
grant execute on function leads_among(bigint, text[]) to thingward_door, thingward_corridor;

create function check_critical_mark() returns trigger
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare
    last critical_mark;
    owner bigint;
  begin
    -- An order under way holds the subject, too: it sees the mark or was before it.
    select s.party_id into owner from subject s where s.subject_id = new.subject_id for update;
    if owner is distinct from new.party_id then
      raise exception 'a mark belongs to the party of its subject' using errcode = 'insufficient_privilege';
    end if;
    select * into last from critical_mark m where m.subject_id = new.subject_id order by m.mark_id desc limit 1;
    if new.deed <> 'marked' and new.actor not like 'person/%' then
      raise exception 'only persons take a mark off' using errcode = 'insufficient_privilege';
    end if;
    if new.deed = 'unmarked' and (last.deed is distinct from 'unmark-asked' or last.actor = new.actor
        or not leads_among(new.party_id, array[last.actor, new.actor])) then
      raise exception 'a mark is taken off by two persons, of whom one leads' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end
  $$;
create trigger two_persons before insert on critical_mark for each row execute function check_critical_mark();

-- Whether a subject is critical, by a mark or by what it is.
create function is_critical_anywhere(subject bigint) returns boolean
  language sql stable security definer set search_path = thingward, pg_temp
  as $$
    select coalesce((select m.deed = 'marked' from critical_mark m
        where m.subject_id = subject and m.deed <> 'unmark-asked' order by m.mark_id desc limit 1), false)
      or exists (select from subject s join critical_trait t on t.trait = 'class' and t.name = s.class where s.subject_id = subject)
      or exists (select from card_life l join critical_trait t
        on (t.trait, t.name) in (('class', l.industry_class), ('scenario', l.scenario), ('device-type', l.device_type))
        where l.card_id = subject)
  $$;
-- The same for whoever may see the subject; null for everybody else.
create function is_critical(subject bigint) returns boolean
  language sql stable security definer set search_path = thingward, pg_temp
  as $$
    select is_critical_anywhere(s.subject_id) from subject s
    where s.subject_id = subject and (door_party() is null or s.party_id in (select door_parties()))
  $$;
revoke execute on function is_critical_anywhere(bigint), is_critical(bigint) from public;
grant execute on function is_critical(bigint) to thingward_door, thingward_corridor;

-- A measure that waits for two persons.
create table measure_proposal (
  proposal_id bigint generated always as identity primary key,
  party_id    bigint not null references party,
  case_id     bigint not null references incident,
  subject_id  bigint not null references subject,
  kind        text not null check (length(kind) <= 63),
  provider_id bigint not null references provider,
  terms       jsonb not null,
  why         text not null check (length(why) <= 1000),
  proposed_by text not null,
  proposed_at timestamptz not null,
  expires_at  timestamptz not null,
  check (proposed_at < expires_at)
);
create index measure_proposal_case on measure_proposal (case_id, proposal_id desc);
create index measure_proposal_expiry on measure_proposal (expires_at);

-- Who said yes. A person who proposes has said it; a policy never does.
create table measure_consent (
  proposal_id bigint not null references measure_proposal,
  party_id    bigint not null references party,
  person      text not null check (person like 'person/_%'),
  at          timestamptz not null,
  primary key (proposal_id, person)
);

create table measure_decision (
  proposal_id bigint primary key references measure_proposal,
  party_id    bigint not null references party,
  decision    text not null check (decision in ('approved', 'refused', 'withdrawn', 'expired')),
  actor       text not null,
  note        text not null check (length(note) <= 1000),
  at          timestamptz not null
);

select protect('measure_proposal');
select protect('measure_consent');
select protect('measure_decision');
select append_only('measure_proposal');
select append_only('measure_consent');
select append_only('measure_decision');
grant select, insert on measure_proposal, measure_consent, measure_decision to thingward_door, thingward_corridor;

-- Consents that count now: of different persons who still hold a role that orders, here or above; how many of them
-- lead. Their roles are held still until this transaction ends.
create function consents_of(proposal bigint, out persons bigint, out leaders bigint)
  language sql volatile security definer set search_path = thingward, pg_temp
  as $$
    select count(distinct person), count(distinct person) filter (where role in ('administrator', 'supervisor'))
      from (select c.person, m.role from measure_consent c
        join measure_proposal p on p.proposal_id = c.proposal_id
        join membership m on 'person/' || m.user_id = c.person
        where c.proposal_id = proposal and m.role in ('administrator', 'supervisor', 'case-officer')
          and (door_party() is null or p.party_id in (select door_parties()))
          and m.party_id in (select ancestor_id from party_closure where descendant_id = p.party_id)
        for share of m) as counted
  $$;
revoke execute on function consents_of(bigint) from public;
grant execute on function consents_of(bigint) to thingward_door, thingward_corridor;

alter table measure add column proposal_id bigint unique references measure_proposal;

-- Whatever a program says: a measure that stops a critical subject is what two persons approved, word for word.
create function check_two_persons() returns trigger
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare
    yes record;
  begin
    if tg_op = 'UPDATE' then
      if (old.party_id, old.case_id, old.subject_id, old.kind, old.provider_id, old.terms, old.proposal_id)
        is distinct from (new.party_id, new.case_id, new.subject_id, new.kind, new.provider_id, new.terms, new.proposal_id) then
        raise exception 'what a measure is never changes' using errcode = 'insufficient_privilege';
      end if;
      return new;
    end if;
    perform from subject s where s.subject_id = new.subject_id for key share;
    if exists (select from mild_measure where kind = new.kind) or not is_critical_anywhere(new.subject_id) then return new; end if;
    if not exists (select from measure_proposal p join measure_decision d on d.proposal_id = p.proposal_id and d.decision = 'approved'
      where p.proposal_id = new.proposal_id and p.party_id = new.party_id and p.case_id = new.case_id and p.subject_id = new.subject_id
        and p.kind = new.kind and p.provider_id = new.provider_id and p.terms = new.terms
        and new.decided_at >= p.proposed_at and new.decided_at < p.expires_at) then
      raise exception 'a critical subject is stopped by two persons' using errcode = 'insufficient_privilege';
    end if;
    select * into yes from consents_of(new.proposal_id);
    if yes.persons < 2 or yes.leaders < 1 then
      raise exception 'a critical subject is stopped by two persons' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end
  $$;
create trigger two_persons before insert or update on measure for each row execute function check_two_persons();
