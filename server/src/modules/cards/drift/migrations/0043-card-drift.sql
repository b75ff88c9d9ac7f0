-- How far the account at each provider was compared with what is wanted (C-07). A row is taken by one process at a
-- time; one that is killed lets go of it when the lease is over, and the page is asked for again.
create table provider_sweep (
  provider_id  bigint primary key references provider,
  party_id     bigint not null references party,
  next_at      timestamptz not null,
  leased_until timestamptz not null default '-infinity',
  -- Where the next page begins; null before the first.
  mark         text,
  begun_at     timestamptz,
  cards        bigint not null default 0,
  unregistered bigint not null default 0,
  done_at      timestamptz,
  fault        text
);
create index provider_sweep_next on provider_sweep (next_at);

-- What a provider reports otherwise than it is wanted; the empty card stands for the account as a whole.
create table card_drift (
  drift_id      bigint generated always as identity primary key,
  party_id      bigint not null references party,
  provider_id   bigint not null references provider,
  card          text not null default '',
  what          text not null,
  wanted        text not null,
  reported      text not null,
  found_at      timestamptz not null,
  last_found_at timestamptz not null,
  ended_at      timestamptz,
  told_at       timestamptz
);
create unique index card_drift_open on card_drift (provider_id, card, what, reported) where ended_at is null;
create index card_drift_untold on card_drift (party_id, drift_id) where told_at is null;
create index card_drift_party on card_drift (party_id, drift_id);

select protect('provider_sweep');
select protect('card_drift');
grant select on provider_sweep, card_drift to thingward_door;
grant update (next_at) on provider_sweep to thingward_door;
grant select, insert, update on provider_sweep, card_drift to thingward_corridor;
