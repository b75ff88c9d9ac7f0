-- Where cards come from, what becomes of them, and the gate before their sale (C-01 to C-04).

-- Catalogues as they stood on the shelf: lists, moves, limits, weights. The body is the file's, as JSON. Every text
-- that ever decided stays here; `is_on_shelf` says which there are now.
create table card_catalogue (
  catalogue_id bigint generated always as identity primary key,
  kind         text not null check (kind in ('card-lists', 'card-life', 'card-limits', 'card-risk')),
  urn          text not null,
  version      text not null,
  digest       bytea not null,
  valid_from   timestamptz not null,
  valid_to     timestamptz not null,
  body         jsonb not null,
  is_on_shelf  boolean not null,
  loaded_at    timestamptz not null default clock_timestamp(),
  unique (kind, urn, version, digest)
);
grant select on card_catalogue to thingward_door;
grant select, insert, update (is_on_shelf) on card_catalogue to thingward_corridor;

-- Of the catalogues of a kind in force by the database's clock, the one that began last; null when there is none.
create function card_catalogue_in_force(a_kind text) returns jsonb
  language sql volatile set search_path = thingward, pg_temp
  as $$
    select body from card_catalogue where kind = a_kind and is_on_shelf
      and valid_from <= clock_timestamp() and clock_timestamp() < valid_to
    order by valid_from desc, catalogue_id desc limit 1
  $$;

-- Numbers a supplier gave out, first and last with it. Blocks of one kind never overlap within a party.
create table number_block (
  block_id      bigint generated always as identity primary key,
  party_id      bigint not null references party,
  supplier_id   bigint not null references subject,
  kind          text not null check (kind in ('iccid', 'imsi', 'msisdn', 'eid')),
  first_number  text not null check (first_number ~ '^[0-9]{4,32}$'),
  last_number   text not null check (last_number ~ '^[0-9]{4,32}$'),
  registered_by text not null,
  registered_at timestamptz not null default clock_timestamp(),
  check (length(first_number) = length(last_number) and first_number::numeric <= last_number::numeric)
);
create table card_batch (
  batch_id      bigint generated always as identity primary key,
  party_id      bigint not null references party,
  reference     text not null,
  supplier_id   bigint not null references subject,
  form          text not null check (form in ('plug-in', 'mff2', 'esim', 'softsim')),
  ordered       int not null check (ordered > 0),
  registered_by text not null,
  registered_at timestamptz not null default clock_timestamp(),
  unique (party_id, reference)
);
create table esim_pool (
  pool_id       bigint generated always as identity primary key,
  party_id      bigint not null references party,
  reference     text not null,
  registered_by text not null,
  registered_at timestamptz not null default clock_timestamp(),
  unique (party_id, reference)
);
-- A chip of a pool, and the profiles that were made ready for it or lie on it. One profile of a chip is enabled at a time.
create table esim_chip (
  party_id  bigint not null references party,
  pool_id   bigint not null references esim_pool,
  eid       text not null check (eid ~ '^[0-9]{32}$'),
  check_ok  boolean not null,
  primary key (party_id, eid)
);
create table esim_profile (
  card_id  bigint primary key references subject,
  party_id bigint not null references party,
  eid      text,
  state    text not null check (state in ('available', 'reserved', 'installed', 'enabled', 'disabled', 'deleted')),
  changed_by text not null,
  changed_at timestamptz not null default clock_timestamp(),
  foreign key (party_id, eid) references esim_chip (party_id, eid),
  check ((state = 'available') = (eid is null) or state = 'deleted')
);
create unique index esim_profile_enabled on esim_profile (party_id, eid) where state = 'enabled';

-- What becomes of a card. A card without a row was never taken into stock: it may be watched, never sold.
create table card_life (
  card_id         bigint primary key references subject,
  party_id        bigint not null references party,
  state           text not null check (state ~ '^[a-z-]{1,30}$'),
  batch_id        bigint references card_batch,
  seller_id       bigint references subject,
  holder_id       bigint references subject,
  industry_class  text,
  scenario        text,
  device_type     text,
  channel         text,
  non_directed_mb int not null default 0 check (non_directed_mb >= 0),
  test_until      timestamptz,
  changed_at      timestamptz not null default clock_timestamp()
);
create index card_life_state on card_life (party_id, state, card_id);
create index card_life_holder on card_life (holder_id);
create index card_life_seller on card_life (seller_id);
create index card_life_batch on card_life (batch_id);

-- Every move that was made and every one that was refused, as it was asked for.
create table card_move (
  move_id    bigint generated always as identity primary key,
  party_id   bigint not null references party,
  card_id    bigint not null,
  act        text,
  from_state text,
  to_state   text not null,
  outcome    text not null check (outcome in ('done', 'refused')),
  code       text check ((code is null) = (outcome = 'done')),
  holder_id  bigint,
  seller_id  bigint,
  actor      text not null,
  at         timestamptz not null,
  xid        xid8 not null default pg_current_xact_id()
);
create index card_move_card on card_move (card_id, move_id desc);
create index card_move_party on card_move (party_id, move_id desc);
create index card_move_xid on card_move (xid);
select append_only('card_move');

-- Scores of both parts of risk with what they rest on, and the verdicts that open and shut the gate (C-02).
create table risk_score (
  score_id   bigint generated always as identity primary key,
  party_id   bigint not null references party,
  subject_id bigint not null references subject,
  of_what    text not null check (of_what in ('card', 'holder', 'seller')),
  part       text not null check (part in ('native', 'dynamic')),
  scheme     text not null,
  score      int not null check (score >= 0),
  level      text not null check (level in ('low', 'mid', 'high')),
  inputs     jsonb not null,
  reasons    jsonb not null,
  stated_by  text not null,
  stated_at  timestamptz not null
);
create index risk_score_subject on risk_score (subject_id, part, score_id desc);
create table risk_assessment (
  assessment_id bigint generated always as identity primary key,
  party_id      bigint not null references party,
  subject_id    bigint not null references subject,
  of_what       text not null check (of_what in ('card', 'holder', 'seller')),
  native_id     bigint not null references risk_score,
  dynamic_id    bigint not null references risk_score,
  passed        boolean not null,
  cause         text not null check (cause in ('asked', 'dynamic')),
  by_party      bigint references party,
  valid_to      timestamptz not null,
  stated_by     text not null,
  stated_at     timestamptz not null
);
create index risk_assessment_subject on risk_assessment (subject_id, assessment_id desc);
select append_only('risk_score');
select append_only('risk_assessment');
create trigger by_corridor before insert on risk_score for each row execute function state_by_corridor();
create trigger by_corridor before insert on risk_assessment for each row execute function state_by_corridor();

-- A verdict follows from its scores by the scheme in force, and lasts no longer than the scheme lets it: nobody states
-- `passed` over a score that fails.
create function check_verdict() returns trigger
  language plpgsql set search_path = thingward, pg_temp
  as $$
  declare
    scheme jsonb := card_catalogue_in_force('card-risk') -> 'subjects' -> new.of_what;
    total int;
  begin
    select n.score + d.score into total from risk_score n, risk_score d
      where n.score_id = new.native_id and d.score_id = new.dynamic_id
        and n.subject_id = new.subject_id and d.subject_id = new.subject_id
        and n.part = 'native' and d.part = 'dynamic' and n.of_what = new.of_what and d.of_what = new.of_what;
    if scheme is null or total is null then
      raise exception 'a verdict rests on a scheme in force and on scores of its subject' using errcode = 'check_violation';
    end if;
    if new.passed <> (total < (scheme ->> 'failsFrom')::int) then
      raise exception 'a verdict follows from its scores' using errcode = 'check_violation';
    end if;
    if new.valid_to > new.stated_at + make_interval(days => (scheme ->> 'validDays')::int) then
      raise exception 'an assessment lasts no longer than its scheme says' using errcode = 'check_violation';
    end if;
    return new;
  end
  $$;
create trigger follows_from_scores before insert on risk_assessment for each row execute function check_verdict();

create index subject_seller on subject ((attributes ->> 'party')) where kind = 'seller';

-- Why somebody's standing keeps the gate shut, by the database's clock; null when it does not. What changes the
-- standing waits until this transaction ends, so that no verdict falls between the look and the commit.
create function standing_fault(subject bigint) returns text
  language plpgsql set search_path = thingward, pg_temp
  as $$
  declare
    told identity_statement;
    verdict risk_assessment;
    them subject;
  begin
    perform lock_standing(subject, false);
    select * into told from identity_statement s where s.subject_id = subject order by s.statement_id desc limit 1;
    if told is null or told.outcome <> 'verified' then return 'identity-unverified'; end if;
    if clock_timestamp() >= told.valid_to then return 'identity-expired'; end if;
    select * into verdict from risk_assessment a where a.subject_id = subject order by a.assessment_id desc limit 1;
    if verdict is null then return 'assessment-missing'; end if;
    if not verdict.passed then return 'assessment-failed'; end if;
    if clock_timestamp() >= verdict.valid_to then return 'assessment-expired'; end if;
    -- A seller that is a party of the house is judged by those above it, never by itself or by those below.
    select * into them from subject s where s.subject_id = subject;
    if them.kind = 'seller' and them.attributes ->> 'party' ~ '^[1-9][0-9]{0,15}$' and exists (
      select from party_closure c where c.ancestor_id = (them.attributes ->> 'party')::bigint and c.descendant_id = verdict.by_party)
    then return 'assessment-by-itself'; end if;
    return null;
  end
  $$;

-- A row of a list in force: `industryClasses`, `scenarios`, `deviceTypes`, `channels`; null when it is not on it.
create function card_list_entry(lists jsonb, list text, entry text) returns jsonb
  language sql immutable
  as $$ select e from jsonb_array_elements(lists -> list) e where e ->> 'id' = entry limit 1 $$;

-- What differs, by the words of the catalogue of moves.
create function card_life_changes(was card_life, now_is card_life) returns text[]
  language sql immutable set search_path = thingward, pg_temp
  as $$
    select array_remove(array[
      case when was.batch_id is distinct from now_is.batch_id then 'batch' end,
      case when was.seller_id is distinct from now_is.seller_id then 'seller' end,
      case when was.holder_id is distinct from now_is.holder_id then 'holder' end,
      case when was.industry_class is distinct from now_is.industry_class then 'industryClass' end,
      case when was.scenario is distinct from now_is.scenario then 'scenario' end,
      case when was.device_type is distinct from now_is.device_type then 'deviceType' end,
      case when was.channel is distinct from now_is.channel then 'channel' end,
      case when coalesce(was.non_directed_mb, 0) is distinct from now_is.non_directed_mb then 'nonDirectedMb' end,
      case when was.test_until is distinct from now_is.test_until then 'testUntil' end], null)
  $$;

-- Why a card may not be as the row would have it; null when it may. States that let a card be handed on or used ask
-- for the gate, whatever the catalogue of moves says, and so does every state that is not known here.
create function card_life_fault(was card_life, now_is card_life, an_act text) returns text
  language plpgsql set search_path = thingward, pg_temp
  as $$
  declare
    life jsonb := card_catalogue_in_force('card-life');
    lists jsonb := card_catalogue_in_force('card-lists');
    limits jsonb := card_catalogue_in_force('card-limits');
    changed text[] := card_life_changes(was, now_is);
    person record;
    channel jsonb;
    fault text;
    most int;
    is_seller boolean;
  begin
    if current_setting('transaction_isolation') <> 'read committed' then return 'isolation-refused'; end if;
    if life is null or lists is null or limits is null then return 'rules-missing'; end if;
    if now_is.card_id <> was.card_id or now_is.party_id <> was.party_id
      or not exists (select from subject s where s.subject_id = now_is.card_id and s.kind = 'card' and s.party_id = now_is.party_id)
      or (door_party() is not null and now_is.party_id not in (select door_parties()))
    then return 'card-of-another-party'; end if;
    if now_is.batch_id is not null and not exists (select from card_batch b where b.batch_id = now_is.batch_id and b.party_id = now_is.party_id)
    then return 'batch-of-another-party'; end if;
    if not exists (select from jsonb_array_elements(life -> 'moves') m
      where m ->> 'to' = now_is.state and m -> 'from' ? coalesce(was.state, 'none')
        and (an_act = '' or m ->> 'act' = an_act)
        and changed <@ array(select jsonb_array_elements_text(m -> 'sets')))
    then return 'move-not-allowed'; end if;
    if now_is.state in ('stock', 'suspended', 'terminated', 'retired') then return null; end if;

    if now_is.holder_id is null and (now_is.seller_id is null or now_is.state <> 'allocated') then return 'holder-missing'; end if;
    if now_is.holder_id is not null then
      if not exists (select from subject s join party_closure c on c.descendant_id = s.party_id
        where s.subject_id = now_is.holder_id and s.kind = 'holder' and c.ancestor_id = now_is.party_id)
      then return 'holder-of-another-party'; end if;
      fault := standing_fault(now_is.holder_id);
      if fault is not null then return fault; end if;
    end if;
    if now_is.state in ('allocated', 'sold') then
      -- A party that is a seller's sells as itself alone.
      is_seller := exists (select from subject s where s.kind = 'seller' and s.attributes ->> 'party' = door_party()::text);
      if now_is.seller_id is null and is_seller then return 'seller-missing'; end if;
      if now_is.seller_id is not null then
        if not exists (select from subject s join party_closure c
            on (c.descendant_id = s.party_id and c.ancestor_id = now_is.party_id) or (c.ancestor_id = s.party_id and c.descendant_id = now_is.party_id)
          where s.subject_id = now_is.seller_id and s.kind = 'seller'
            and (not is_seller or s.attributes ->> 'party' = door_party()::text))
        then return 'seller-of-another-party'; end if;
        fault := standing_fault(now_is.seller_id);
        if fault is not null then return 'seller-' || fault; end if;
      end if;
    end if;
    if exists (select from (select passed from risk_assessment a where a.subject_id = now_is.card_id order by a.assessment_id desc limit 1) last where not last.passed)
    then return 'card-assessment-failed'; end if;
    if now_is.state <> 'allocated' then
      channel := card_list_entry(lists, 'channels', now_is.channel);
      if now_is.channel is null then return 'channel-missing'; end if;
      if channel is null then return 'channel-unknown'; end if;
      if coalesce((channel ->> 'isForbidden')::boolean, false) then return 'channel-forbidden'; end if;
    end if;
    if now_is.state not in ('allocated', 'sold') then
      if now_is.industry_class is null or now_is.scenario is null or now_is.device_type is null then return 'classification-missing'; end if;
      if card_list_entry(lists, 'industryClasses', now_is.industry_class) is null
        or card_list_entry(lists, 'scenarios', now_is.scenario) is null
        or card_list_entry(lists, 'deviceTypes', now_is.device_type) is null
      then return 'classification-unknown'; end if;
      if now_is.state = 'test' and (now_is.test_until is null or now_is.test_until <= clock_timestamp()
        or now_is.test_until > clock_timestamp() + make_interval(days => (limits ->> 'testDays')::int))
      then return 'test-term-missing'; end if;
    end if;
    if now_is.holder_id is not null and now_is.non_directed_mb > (limits ->> 'nonDirectedMb')::int then
      select * into person from identity_in_force(now_is.holder_id);
      if person.person is distinct from 'natural' then return 'natural-person-needed'; end if;
      perform pg_advisory_xact_lock(hashtext('identity'), hashtext(encode(person.identity_key, 'hex')));
      select count(*) into most from card_life l where l.card_id <> now_is.card_id
        and l.state not in ('stock', 'terminated', 'retired') and l.non_directed_mb > (limits ->> 'nonDirectedMb')::int
        and l.holder_id in (select i.subject_id from identity_statement i where i.identity_key = person.identity_key);
      if most >= (limits ->> 'cardsPerIdentity')::int then return 'cards-per-identity'; end if;
    end if;
    return null;
  end
  $$;

-- The gate. What it refuses comes to nothing, without an error: so the record of the refusal commits with whatever
-- the transaction does besides, also where somebody speaks to the database without the server.
create function guard_card_life() returns trigger
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare
    was card_life;
    named text := coalesce(nullif(current_setting('thingward.act', true), ''), '');
    told text := current_setting('thingward.actor', true);
    who text := case when told ~ '^[A-Za-z0-9/_:.-]{1,200}$' then told else 'database/' || session_user end;
    fault text;
    whose bigint := new.party_id;
    at timestamptz := clock_timestamp();
    move bigint;
  begin
    if tg_op = 'UPDATE' then was := old; else was := null; was.card_id := new.card_id; was.party_id := new.party_id; end if;
    if named !~ '^[a-z-]{1,30}$' then named := ''; end if;
    if tg_op = 'UPDATE' and was.state = new.state and cardinality(card_life_changes(was, new)) = 0 then return null; end if;
    fault := card_life_fault(was, new, named);
    if fault is not null then
      if door_party() is not null and whose not in (select door_parties()) then whose := door_party(); end if;
      insert into card_move (party_id, card_id, act, from_state, to_state, outcome, code, holder_id, seller_id, actor, at)
        values (whose, new.card_id, nullif(named, ''), was.state, new.state, 'refused', fault, new.holder_id, new.seller_id, who, at);
      perform record_refused_attempt('card-move', 'subject/' || new.card_id, fault, whose);
      return null;
    end if;
    new.changed_at := at;
    insert into card_move (party_id, card_id, act, from_state, to_state, outcome, holder_id, seller_id, actor, at)
      values (whose, new.card_id, nullif(named, ''), was.state, new.state, 'done', new.holder_id, new.seller_id, who, at)
      returning move_id into move;
    insert into ledger_stage (party_id, act, object, entry) values (whose, 'card-moved', 'subject/' || new.card_id, convert_to(format(
      '{"act":"card-moved","actor":"%s","at":"%s","detail":{"changed":[%s],"from":"%s","move":%s,"to":"%s"},"object":"subject/%s","party":"party/%s","v":1}',
      who, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      (select coalesce(string_agg('"' || c || '"', ',' order by c), '') from unnest(card_life_changes(was, new)) c),
      coalesce(was.state, 'none'), move, new.state, new.card_id, whose), 'UTF8'));
    return new;
  end
  $$;
-- The last of all: no other trigger changes the row after it.
create trigger zz_gate before insert or update on card_life for each row execute function guard_card_life();

select protect('number_block');
select protect('card_batch');
select protect('esim_pool');
select protect('esim_chip');
select protect('esim_profile');
select protect('card_life');
select protect('card_move');
select protect('risk_score');
select protect('risk_assessment');
grant select, insert on number_block, card_batch, esim_pool, esim_chip to thingward_door, thingward_corridor;
grant select, insert, update on esim_profile, card_life to thingward_door, thingward_corridor;
grant select on card_move to thingward_door, thingward_corridor;
grant select, insert on risk_score, risk_assessment to thingward_door, thingward_corridor;
revoke execute on function standing_fault(bigint) from public;
revoke execute on function card_life_fault(card_life, card_life, text) from public;
