-- Who a provider's subject is here. A subject is linked by an invitation alone, never by an address.
create table provider_link (
  issuer    text not null,
  subject   text not null,
  user_id   text not null,
  linked_at timestamptz not null,
  primary key (issuer, subject),
  unique (user_id, issuer)
);
create table provider_invitation (
  digest     bytea primary key,
  user_id    text not null,
  made_at    timestamptz not null,
  expires_at timestamptz not null
);
create index provider_invitation_user on provider_invitation (user_id);
-- A browser that was sent to the provider and has not come back yet.
create table provider_attempt (
  digest     bytea primary key,
  state      text not null,
  nonce      text not null,
  verifier   text not null,
  invitation bytea,
  made_at    timestamptz not null
);
create index provider_attempt_made on provider_attempt (made_at);
grant select, insert, update, delete on provider_link, provider_invitation, provider_attempt to thingward_door, thingward_corridor;
