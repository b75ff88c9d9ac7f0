-- Looks at a party's certificates, authorities and claims, one after the other (I-22).
create table device_audit_run (
  run_id   bigint generated always as identity primary key,
  party_id bigint not null references party,
  made_by  text not null,
  at       timestamptz not null,
  standing int not null,
  fresh    int not null,
  cleared  int not null,
  -- Checks that found more than is kept of one; nothing of theirs is cleared.
  cut      text[] not null default '{}'
);
create index device_audit_run_last on device_audit_run (party_id, run_id);

-- What checks found: it stands from the first look that found it until one that does not.
create table device_audit_result (
  result_id   bigint generated always as identity primary key,
  party_id    bigint not null references party,
  check_id    text not null,
  severity    text not null check (severity in ('low', 'medium', 'high', 'critical')),
  -- What it is about, `certificate/7`, and whose finding it is, `device:meter-3:A1`.
  object      text not null,
  claim       text not null,
  reason      text not null,
  detail      jsonb not null,
  first_run   bigint not null references device_audit_run,
  first_at    timestamptz not null,
  last_run    bigint not null references device_audit_run,
  last_at     timestamptz not null,
  cleared_at  timestamptz,
  -- When it was put on the corridor.
  told_at     timestamptz,
  -- What a person says of it (I-24).
  verification     text not null default 'unknown'
    check (verification in ('unknown', 'true-positive', 'benign-positive', 'false-positive')),
  verification_by  text,
  verification_at  timestamptz,
  verification_why text,
  check ((verification_by is null) = (verification_at is null))
);
create unique index device_audit_result_standing on device_audit_result (party_id, check_id, object, reason)
  where cleared_at is null;
create index device_audit_result_of on device_audit_result (party_id, check_id, result_id);
create index device_audit_result_untold on device_audit_result (party_id, result_id) where told_at is null;

select protect('device_audit_run');
select protect('device_audit_result');
select append_only('device_audit_run');
grant select, insert on device_audit_run to thingward_door, thingward_corridor;
grant select, insert, update on device_audit_result to thingward_door, thingward_corridor;
