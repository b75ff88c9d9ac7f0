-- Whether a person approves what is issued through a fleet: nothing, first certificates, or renewals too (RFC 7030 §4.2.3).
alter table device_fleet add column approval text not null default 'none' check (approval in ('none', 'first', 'every'));

-- Claim certificates: devices of a batch carry one from the factory. It opens its fleet for so many first certificates,
-- so fast and so long, and nothing else (I-14). The certificate is the product's, not a device's.
create table device_claim (
  certificate_id bigint primary key references device_certificate,
  party_id       bigint not null references party,
  fleet_id       bigint not null references device_fleet,
  title          text not null check (length(title) between 1 and 200),
  -- How many devices in all, and how many new ones within an hour.
  most           int not null check (most between 1 and 1000000),
  most_an_hour   int not null check (most_an_hour between 1 and 1000000),
  until          timestamptz not null,
  -- Whether devices that nobody registered are registered when they come.
  registers      boolean not null,
  made_by        text not null,
  made_at        timestamptz not null
);
create index device_claim_fleet on device_claim (fleet_id, certificate_id);

-- Devices that came with a claim certificate; each counts once.
create table device_claimed (
  claim_id   bigint not null references device_claim,
  subject_id bigint not null references subject,
  party_id   bigint not null references party,
  at         timestamptz not null,
  primary key (claim_id, subject_id)
);
create index device_claimed_at on device_claimed (claim_id, at);
create index device_claimed_subject on device_claimed (subject_id);

-- What waits for a person, and what was decided: a device's key at a fleet. A decision stands until its end.
create table device_approval (
  approval_id bigint generated always as identity primary key,
  party_id    bigint not null references party,
  fleet_id    bigint not null references device_fleet,
  subject_id  bigint not null references subject,
  key_sha256  bytea not null check (octet_length(key_sha256) = 32),
  operation   text not null,
  -- By what the device showed who it is.
  shown_by    text not null check (shown_by in ('secret', 'certificate', 'claim')),
  state       text not null default 'asked' check (state in ('asked', 'approved', 'declined')),
  asked_at    timestamptz not null,
  decided_by  text,
  decided_at  timestamptz,
  why         text,
  until       timestamptz,
  check ((state = 'asked') = (decided_at is null) and (state = 'asked') = (decided_by is null)
    and (state = 'asked') = (until is null))
);
create index device_approval_of on device_approval (fleet_id, subject_id, key_sha256, approval_id);
create index device_approval_asked on device_approval (party_id, approval_id) where state = 'asked';

select protect('device_claim');
select protect('device_claimed');
select protect('device_approval');
select append_only('device_claim');
select append_only('device_claimed');
grant select, insert on device_claim, device_claimed to thingward_door, thingward_corridor;
grant select, insert, update on device_approval to thingward_door, thingward_corridor;

-- How many certificates of devices end in which week (from Monday, UTC), by authority and product: how many of them a later
-- one of the same device and profile follows, and how many neither, of devices not seen since a moment (I-12).
create function certificate_forecast(from_at timestamptz, until_at timestamptz, silent_since timestamptz)
  returns table (week timestamptz, authority_id bigint, product text, ends int, followed int, silent int)
  language sql stable set search_path = thingward, pg_temp
  as $$
    select date_trunc('week', c.not_after, 'UTC'), c.authority_id, split_part(s.reference, ':', 1), count(*)::int,
      count(*) filter (where next.is_there)::int,
      count(*) filter (where not next.is_there and greatest(seen.last_at, c.issued_at) < silent_since)::int
    from device_certificate c join subject s on s.subject_id = c.subject_id
      cross join lateral (select exists (
        select from device_certificate l
        where l.subject_id = c.subject_id and l.state = 'valid' and l.profile = c.profile and l.not_after > c.not_after
      ) as is_there) next
      cross join lateral (
        select max(z.last_at) as last_at from device_certificate y join device_certificate_seen z using (certificate_id)
        where y.subject_id = c.subject_id
      ) seen
    where c.state = 'valid' and c.not_after >= from_at and c.not_after < until_at and position(':' in s.reference) > 0
    group by 1, 2, 3 order by 1, 2, 3
  $$;
revoke execute on function certificate_forecast(timestamptz, timestamptz, timestamptz) from public;
grant execute on function certificate_forecast(timestamptz, timestamptz, timestamptz) to thingward_door, thingward_corridor;
