-- Who sells cards on, what they say they hold and sold, and what they handed on of it (Anti-fraud law art. 12 ¶2).
create table card_reseller (
  reseller_id   bigint generated always as identity primary key,
  party_id      bigint not null references party,
  reference     text not null,
  title         text not null,
  -- The number's home operator, to whom sales, stock and real-name data go.
  home_operator text not null,
  -- Where the agreement states the real-name duty and what a breach costs (art. 9 ¶2).
  real_name_clause text not null check (btrim(real_name_clause) <> ''),
  penalty_clause   text not null check (btrim(penalty_clause) <> ''),
  registered_by text not null,
  registered_at timestamptz not null,
  ended_at      timestamptz,
  unique (party_id, reference)
);

-- One return as it was handed in: what it tells, of how many cards, with proof that it went to the home operator.
create table card_return (
  return_id   bigint generated always as identity primary key,
  party_id    bigint not null references party,
  reseller_id bigint not null references card_reseller,
  what        text not null check (what in ('allocated', 'stock', 'sold', 'real-name')),
  rows        int not null,
  refused     int not null,
  -- What the reseller says to hold, in a return of stock.
  stated_stock bigint,
  content_sha256 bytea not null,
  sent_to     text,
  proof_sha256 bytea,
  handed_by   text not null,
  handed_at   timestamptz not null,
  check (what <> 'real-name' or (proof_sha256 is not null and sent_to is not null))
);
create index card_return_reseller on card_return (reseller_id, return_id);

-- What returns came to, card by card: the ledger that is held against what was registered and seen.
create table card_at_reseller (
  reseller_id  bigint not null references card_reseller,
  iccid        text not null,
  party_id     bigint not null,
  allocated_at timestamptz,
  stocked_at   timestamptz,
  sold_at      timestamptz,
  real_name_at timestamptz,
  return_id    bigint not null references card_return,
  primary key (reseller_id, iccid)
);
create index card_at_reseller_card on card_at_reseller (party_id, iccid);

-- Differences between the two; the empty ICCID stands for the reseller as a whole.
create table card_sale_difference (
  difference_id bigint generated always as identity primary key,
  party_id      bigint not null references party,
  reseller_id   bigint not null references card_reseller,
  iccid         text not null default '',
  what          text not null,
  found_at      timestamptz not null,
  last_found_at timestamptz not null,
  resolved_at   timestamptz,
  told_at       timestamptz
);
create unique index card_sale_difference_open on card_sale_difference (reseller_id, iccid, what) where resolved_at is null;
create index card_sale_difference_untold on card_sale_difference (party_id, difference_id) where told_at is null;

select protect('card_reseller');
select protect('card_return');
select protect('card_at_reseller');
select protect('card_sale_difference');
select append_only('card_return');
grant select, insert, update on card_reseller, card_at_reseller, card_sale_difference to thingward_door, thingward_corridor;
grant select, insert on card_return to thingward_door, thingward_corridor;
