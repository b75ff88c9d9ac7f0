-- Contracts for cards: what was agreed, as fields that can be checked. What follows from a signed one for its cards
-- stands in the registry, as dated facts of the subject `contract`.
create table card_contract (
  contract_id bigint generated always as identity primary key,
  party_id    bigint not null references party,
  reference   text not null,
  state       text not null default 'draft' check (state in ('draft', 'signed', 'ended')),
  clauses     jsonb not null,
  -- Counts the acts that changed what it says; the registry's facts name it.
  version     int not null default 1,
  -- From when on the clauses bind, once they were amended.
  effective_at timestamptz,
  drafted_by  text not null,
  drafted_at  timestamptz not null,
  signed_by   text,
  signed_at   timestamptz,
  ended_by    text,
  ended_at    timestamptz,
  end_reason  text,
  unique (party_id, reference),
  check ((state = 'draft') = (signed_at is null))
);
create index card_contract_party on card_contract (party_id, contract_id);

-- What a contract said before it was amended; never changed.
create table card_contract_version (
  contract_id bigint not null references card_contract,
  party_id    bigint not null,
  version     int not null,
  clauses     jsonb not null,
  made_by     text not null,
  made_at     timestamptz not null,
  primary key (contract_id, version)
);

-- A function opened beyond the least, for a contract's cards or one of them: asked by one person, decided by another.
create table card_opening (
  opening_id  bigint generated always as identity primary key,
  party_id    bigint not null references party,
  contract_id bigint not null references card_contract,
  card        text,
  what        text not null check (what in ('sms', 'voice', 'handset', 'general-data', 'cap', 'region')),
  value       jsonb not null default 'null',
  why         text not null check (btrim(why) <> ''),
  from_at     timestamptz not null,
  until_at    timestamptz not null,
  asked_by    text not null,
  asked_user  text not null,
  asked_at    timestamptz not null,
  state       text not null default 'asked' check (state in ('asked', 'approved', 'refused', 'revoked')),
  decided_by  text,
  decided_user text,
  decided_at  timestamptz,
  revoked_by  text,
  revoked_at  timestamptz,
  note        text,
  check (from_at < until_at),
  -- Nobody decides on what they asked for, whatever a program says (C-05).
  check (decided_user is null or decided_user <> asked_user),
  check ((state = 'asked') = (decided_at is null))
);
create index card_opening_contract on card_opening (contract_id, opening_id);

select protect('card_contract');
select protect('card_contract_version');
select protect('card_opening');
select append_only('card_contract_version');
grant select, insert, update on card_contract, card_opening to thingward_door, thingward_corridor;
grant select, insert on card_contract_version to thingward_door, thingward_corridor;
