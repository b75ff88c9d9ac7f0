-- Fleets: which devices may fetch a certificate by themselves over EST, from which authority and under which profile.
create table device_fleet (
  fleet_id     bigint generated always as identity primary key,
  party_id     bigint not null references party,
  name         text not null check (name ~ '^[a-z][a-z0-9-]{0,30}$'),
  product      text not null,
  authority_id bigint not null references device_authority,
  profile      text not null,
  state        text not null default 'open' check (state in ('open', 'closed')),
  -- Whether keys may be made here for devices that cannot make any.
  makes_keys   boolean not null,
  -- For so long after its end a certificate still opens the way to its successor (I-09).
  grace_ms     bigint not null check (grace_ms between 0 and 31622400000),
  made_by      text not null,
  made_at      timestamptz not null,
  unique (party_id, name)
);

-- Devices that are expected to come, each with a secret that lets it fetch its first certificate; its digest alone is kept.
create table device_expected (
  fleet_id      bigint not null references device_fleet,
  subject_id    bigint not null references subject,
  party_id      bigint not null references party,
  secret_sha256 bytea not null check (octet_length(secret_sha256) = 32),
  until         timestamptz not null,
  expected_by   text not null,
  expected_at   timestamptz not null,
  primary key (fleet_id, subject_id)
);

-- Certificates that were fetched through a fleet, and when their holders were seen with them.
create table device_enrolled (
  certificate_id bigint primary key references device_certificate,
  party_id       bigint not null references party,
  fleet_id       bigint not null references device_fleet,
  subject_id     bigint not null references subject,
  key_sha256     bytea not null,
  operation      text not null,
  at             timestamptz not null
);
create index device_enrolled_device on device_enrolled (fleet_id, subject_id, at);

create table device_certificate_seen (
  certificate_id bigint primary key references device_certificate,
  party_id       bigint not null references party,
  first_at       timestamptz not null,
  last_at        timestamptz not null
);

-- What became of attempts to enrol, step by step (I-11). The same failure of the same name within a minute is counted.
create table device_enrolment (
  enrolment_id   bigint generated always as identity primary key,
  party_id       bigint not null references party,
  fleet_id       bigint not null references device_fleet,
  operation      text not null,
  -- What the device called itself, cut short; nothing of it was verified.
  named          text not null check (length(named) <= 64),
  minute         timestamptz not null,
  first_at       timestamptz not null,
  last_at        timestamptz not null,
  times          int not null default 1,
  code           text not null,
  steps          jsonb not null,
  certificate_id bigint references device_certificate,
  delivered_at   timestamptz
);
create index device_enrolment_newest on device_enrolment (fleet_id, enrolment_id);
create unique index device_enrolment_failed on device_enrolment (fleet_id, operation, named, code, minute)
  where certificate_id is null;

select protect('device_fleet');
select protect('device_expected');
select protect('device_enrolled');
select protect('device_certificate_seen');
select protect('device_enrolment');
grant select, insert, update on device_fleet, device_expected, device_certificate_seen, device_enrolment
  to thingward_door, thingward_corridor;
grant select, insert on device_enrolled to thingward_door, thingward_corridor;

-- Whose a fleet is, for a device that names it at an open address before it is known who asks.
create function open_fleet(asked_id bigint, asked_name text) returns bigint
  language sql stable security definer set search_path = thingward, pg_temp
  as $$ select party_id from device_fleet where fleet_id = asked_id and name = asked_name $$;
revoke execute on function open_fleet(bigint, text) from public;
grant execute on function open_fleet(bigint, text) to thingward_door, thingward_corridor;
