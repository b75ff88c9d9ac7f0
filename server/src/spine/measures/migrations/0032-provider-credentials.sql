-- What a party signs in with at a provider, sealed under a key outside the database. The door may set it and
-- say that it is set, never read it.
create table provider_credential (
  provider_id bigint primary key references provider,
  party_id    bigint not null references party,
  sealed      bytea not null,
  set_by      text not null,
  set_at      timestamptz not null
);
select protect('provider_credential');
grant insert, update, select (provider_id, party_id, set_by, set_at) on provider_credential to thingward_door;
grant select on provider_credential to thingward_corridor;
