-- What devices of a product may publish and subscribe to. Where nothing is set, nothing is allowed (I-19).
create table gateway_rights (
  party_id  bigint not null references party,
  product   text not null check (product ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,23}$'),
  publish   text[] not null,
  subscribe text[] not null,
  set_by    text not null,
  set_at    timestamptz not null,
  primary key (party_id, product)
);
select protect('gateway_rights');
grant select, insert, update, delete on gateway_rights to thingward_door;
grant select on gateway_rights to thingward_corridor;
