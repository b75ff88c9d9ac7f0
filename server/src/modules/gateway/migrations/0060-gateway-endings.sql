-- What a gateway did when a certificate was ended: connections it closed, and that it withheld what was kept of the device.
-- The ledger has an entry for each row (I-04). One gateway of several writes its own.
create table gateway_ending (
  ending_id      uuid primary key,
  seq            bigint generated always as identity unique,
  party_id       bigint not null references party,
  certificate_id bigint not null,
  device         text not null,
  fault          text not null check (fault in ('revoked', 'suspended')),
  node           text not null,
  connections    int not null check (connections >= 0),
  ended_at       timestamptz not null
);
create index gateway_ending_certificate on gateway_ending (certificate_id, seq);

-- Messages that were taken away with it: what waited for the device, what it kept at topics, its will (I-03).
create table gateway_withheld (
  withheld_id bigint generated always as identity primary key,
  ending_id   uuid not null references gateway_ending,
  party_id    bigint not null references party,
  what        text not null check (what in ('waiting', 'kept', 'will')),
  topic       text not null,
  qos         smallint not null check (qos between 0 and 2),
  -- Who sent it; null where the broker was not told.
  sender      text,
  payload     bytea not null
);
create index gateway_withheld_ending on gateway_withheld (ending_id, withheld_id);

select protect('gateway_ending');
select protect('gateway_withheld');
grant select, insert on gateway_ending, gateway_withheld to thingward_door;
grant select on gateway_ending, gateway_withheld to thingward_corridor;
