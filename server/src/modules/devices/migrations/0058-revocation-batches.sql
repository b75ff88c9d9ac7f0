-- Revocations of many certificates at once: previewed, asked for by one person, approved by another (I-28).
create table device_revocation (
  revocation_id bigint generated always as identity primary key,
  party_id      bigint not null references party,
  -- By what the certificates were chosen; which they are, the members say.
  selection     jsonb not null,
  reason        int not null check (reason in (0, 1, 3, 4, 5, 9)),
  why           text not null check (btrim(why) <> ''),
  basis         text,
  certificates  int not null check (certificates > 0),
  devices       int not null check (devices > 0),
  state         text not null default 'asked' check (state in ('asked', 'approved', 'withdrawn', 'ended')),
  asked_by      text not null,
  asked_user    text not null,
  asked_at      timestamptz not null,
  approved_by   text,
  approved_user text,
  approved_at   timestamptz,
  withdrawn_by  text,
  withdrawn_at  timestamptz,
  note          text,
  ended_at      timestamptz,
  -- Nobody approves what they asked for, whatever a program says.
  check (approved_user is null or approved_user <> asked_user),
  check ((approved_at is null) = (approved_user is null) and (approved_at is null) = (approved_by is null)),
  check (state not in ('approved', 'ended') or approved_at is not null),
  check ((state = 'withdrawn') = (withdrawn_at is not null) and (state = 'ended') = (ended_at is not null))
);
create index device_revocation_open on device_revocation (revocation_id) where state = 'approved';

create table device_revocation_member (
  revocation_id  bigint not null references device_revocation,
  certificate_id bigint not null references device_certificate,
  party_id       bigint not null references party,
  -- `was-revoked` by somebody else before its turn came.
  outcome        text check (outcome in ('revoked', 'was-revoked')),
  at             timestamptz,
  primary key (revocation_id, certificate_id),
  check ((outcome is null) = (at is null))
);
create index device_revocation_member_open on device_revocation_member (revocation_id, certificate_id) where outcome is null;

select protect('device_revocation');
select protect('device_revocation_member');
grant select, insert, update on device_revocation, device_revocation_member to thingward_door, thingward_corridor;

-- Whether a device is of a product, by the name it goes by.
create function device_is_of(asked bigint, product text) returns boolean
  language sql stable set search_path = thingward, pg_temp
  as $$ select exists (select from subject s where s.subject_id = asked and starts_with(s.reference, product || ':')) $$;
revoke execute on function device_is_of(bigint, text) from public;
grant execute on function device_is_of(bigint, text) to thingward_door, thingward_corridor;
