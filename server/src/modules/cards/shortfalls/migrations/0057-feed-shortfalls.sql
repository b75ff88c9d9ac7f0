-- Sources that a provider pushes to and that are held, day by day, against what the provider counts (CR-24). A row is
-- taken by one process at a time; one that is killed lets go of it when the lease is over, and the page is asked again.
create table source_poll (
  source_id    bigint primary key references source,
  party_id     bigint not null references party,
  provider_id  bigint not null references provider,
  every_ms     bigint not null check (every_ms > 0),
  -- How long after its end a day is left to pushes that are still on their way.
  grace_ms     bigint not null check (grace_ms >= 0),
  day_count    bigint not null check (day_count between 1 and 60),
  least_bytes  bigint not null check (least_bytes >= 0),
  since_day    date not null,
  set_by       text not null,
  next_at      timestamptz not null,
  leased_until timestamptz not null default '-infinity',
  -- The days of the round under way, the same for all of its pages, and the subject its last page ended with.
  first_day    date,
  last_day     date,
  mark         bigint not null default 0,
  cards        bigint not null default 0,
  uncounted    bigint not null default 0,
  done_at      timestamptz,
  done_day     date,
  fault        text
);
create index source_poll_next on source_poll (next_at);

-- What a provider counts for a card on a day and the source did not bring.
create table feed_shortfall (
  shortfall_id   bigint generated always as identity primary key,
  party_id       bigint not null references party,
  source_id      bigint not null references source,
  provider_id    bigint not null references provider,
  card           text not null,
  day            date not null,
  counted_bytes  bigint not null,
  received_bytes bigint not null,
  found_at       timestamptz not null,
  last_found_at  timestamptz not null,
  ended_at       timestamptz,
  told_at        timestamptz
);
create unique index feed_shortfall_open on feed_shortfall (source_id, card, day) where ended_at is null;
create index feed_shortfall_untold on feed_shortfall (source_id, day) where told_at is null;
create index feed_shortfall_party on feed_shortfall (party_id, shortfall_id);

select protect('source_poll');
select protect('feed_shortfall');
grant select, insert, update, delete on source_poll to thingward_door;
grant select on feed_shortfall to thingward_door;
grant select, update on source_poll to thingward_corridor;
grant select, insert, update on feed_shortfall to thingward_corridor;
