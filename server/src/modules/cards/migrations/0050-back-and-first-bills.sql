-- A subscription to a change of area is told that a card left it, and then that it came back (C-53): since when it is
-- away, out of which circle, and when it is looked for next.
alter table camara_subscription
  add column left_at timestamptz,
  add column left_area jsonb,
  add column look_at timestamptz,
  add check ((left_at is null) = (left_area is null) and (left_at is null) = (look_at is null));
create index camara_subscription_away on camara_subscription (look_at) where left_at is not null and ended_at is null;

-- Up to which monthly bill the cards of a contract that binds at the first bill were bound (C-08).
alter table card_contract add column billed_to timestamptz;
