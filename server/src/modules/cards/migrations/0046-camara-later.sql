-- A subscription that was asked for and begins later: it is told of nothing before (C-53, 202 of the contract).
alter table camara_subscription add column active_at timestamptz;
update camara_subscription set active_at = made_at;
create index camara_subscription_requested on camara_subscription (subscription_id) where active_at is null and ended_at is null;
grant select (active_at) on camara_subscription to thingward_door;
