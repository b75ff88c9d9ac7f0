-- Authorities that issue certificates to devices, each for a party, under a root that is kept elsewhere (I-39).
create table device_authority (
  authority_id bigint generated always as identity primary key,
  party_id     bigint not null references party,
  name         text not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
  -- `requested` until the root's certificate for it is installed; `retired` issues no more and still answers.
  state        text not null check (state in ('requested', 'active', 'retired')),
  subject      bytea not null,
  request      bytea not null,
  certificate  bytea,
  -- Certificates above it, the nearest first, the root last.
  chain        bytea[] not null default '{}',
  -- SHA-1, SHA-256, SHA-384 and SHA-512 of its name and of its key, as questions about certificates name it.
  name_digests bytea[] not null default '{}',
  key_digests  bytea[] not null default '{}',
  not_before   timestamptz,
  not_after    timestamptz,
  -- Into how many lists its certificates are spread.
  shards       int not null check (shards between 1 and 1024),
  -- What stands in certificates: where lists, answers and its own certificate lie.
  base_url     text not null,
  -- How many changes of state its certificates have seen; whoever changes one holds this row until the commit.
  changes      bigint not null default 0,
  made_by      text not null,
  made_at      timestamptz not null,
  installed_by text,
  installed_at timestamptz,
  unique (party_id, name),
  check ((state = 'requested') = (certificate is null))
);
create index device_authority_key_digests on device_authority using gin (key_digests);

-- Keys of authorities and of those who answer for them: sealed under a root key outside the database, or on a token.
create table device_authority_key (
  key_id       bigint generated always as identity primary key,
  party_id     bigint not null references party,
  authority_id bigint not null references device_authority,
  use          text not null check (use in ('authority', 'responder')),
  store        text not null check (store in ('sealed', 'pkcs11')),
  key_type     text not null,
  spki         bytea not null,
  -- What the sealed key belongs to; it opens nowhere else.
  place        text not null,
  root         int,
  sealed       bytea,
  token_id     bytea,
  -- Of a responder: its own certificate.
  certificate  bytea,
  not_after    timestamptz,
  made_at      timestamptz not null,
  check ((store = 'sealed') = (sealed is not null and root is not null) and (store = 'pkcs11') = (token_id is not null)),
  check ((use = 'responder') = (certificate is not null and not_after is not null))
);
create unique index device_authority_key_own on device_authority_key (authority_id) where use = 'authority';
create index device_authority_key_use on device_authority_key (authority_id, use, not_after);

create table device_certificate (
  certificate_id bigint generated always as identity primary key,
  party_id       bigint not null references party,
  authority_id   bigint not null references device_authority,
  -- Sixteen octets of chance that are a positive number in its shortest form.
  serial         bytea not null check (octet_length(serial) = 16 and get_byte(serial, 0) between 1 and 127),
  subject_id     bigint not null references subject,
  profile        text not null,
  shard          int not null,
  key_sha256     bytea not null check (octet_length(key_sha256) = 32),
  request_sha256 bytea not null check (octet_length(request_sha256) = 32),
  not_before     timestamptz not null,
  not_after      timestamptz not null,
  der            bytea not null,
  issued_by      text not null,
  issued_at      timestamptz not null,
  state          text not null default 'valid' check (state in ('valid', 'held', 'revoked')),
  reason         int check (reason in (0, 1, 2, 3, 4, 5, 6, 9)),
  revoked_at     timestamptz,
  -- The change of the authority's that brought it to its state; 0 before the first.
  change_no      bigint not null default 0,
  unique (authority_id, serial),
  check ((state = 'valid') = (reason is null) and (state = 'valid') = (revoked_at is null)),
  check (state <> 'held' or reason = 6)
);
create index device_certificate_device on device_certificate (subject_id, certificate_id);
create index device_certificate_key on device_certificate (key_sha256);
create index device_certificate_told on device_certificate (authority_id, shard, certificate_id) where state <> 'valid';
create index device_certificate_changed on device_certificate (authority_id, change_no, certificate_id) where change_no > 0;
create index device_certificate_ends on device_certificate (party_id, not_after) where state = 'valid';

-- What was done to a certificate, by whom and why (I-04).
create table device_certificate_act (
  act_id         bigint generated always as identity primary key,
  party_id       bigint not null references party,
  certificate_id bigint not null references device_certificate,
  act            text not null check (act in ('issued', 'held', 'released', 'revoked')),
  reason         int,
  why            text,
  basis          text,
  actor          text not null,
  at             timestamptz not null
);
create index device_certificate_act_of on device_certificate_act (certificate_id, act_id);
select append_only('device_certificate_act');

-- Lists of revoked certificates by shard (-1 for all of an authority), each with what changed since (I-06). The number
-- rises through both.
create table device_crl (
  authority_id  bigint not null references device_authority,
  shard         int not null check (shard >= -1),
  party_id      bigint not null references party,
  last_number   bigint not null default 0,
  full_number   bigint,
  full_at       timestamptz,
  full_next     timestamptz,
  full_through  bigint,
  full_count    int,
  full_bytes    bytea,
  delta_number  bigint,
  delta_at      timestamptz,
  delta_next    timestamptz,
  delta_through bigint,
  delta_count   int,
  delta_bytes   bytea,
  primary key (authority_id, shard)
);
-- A list is signed octets, which compress to nothing less.
alter table device_crl alter column full_bytes set storage external, alter column delta_bytes set storage external;

select protect('device_authority');
select protect('device_authority_key');
select protect('device_certificate');
select protect('device_certificate_act');
select protect('device_crl');
grant select, insert, update on device_authority, device_certificate, device_crl to thingward_door, thingward_corridor;
grant select, insert on device_authority_key, device_certificate_act to thingward_door, thingward_corridor;

-- Whose an authority is, for those who ask at an open address: what it signed is public, and is then read as its party.
create function open_authority(asked_id bigint, key_digest bytea)
  returns table (authority_id bigint, party_id bigint)
  language sql stable security definer set search_path = thingward, pg_temp
  as $$
    select a.authority_id, a.party_id from device_authority a
    where a.state <> 'requested' and (a.authority_id = asked_id or a.key_digests @> array[key_digest])
  $$;
revoke execute on function open_authority(bigint, bytea) from public;
grant execute on function open_authority(bigint, bytea) to thingward_door, thingward_corridor;
