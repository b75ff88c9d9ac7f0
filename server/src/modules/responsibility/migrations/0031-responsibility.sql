-- Who answers for what: operator, seller, unit user, end user, each with duties that have an owner, a due date, a proof.
create table responsible (
  responsible_id bigint generated always as identity primary key,
  party_id  bigint not null references party,
  level     text not null check (level in ('operator', 'seller', 'unit', 'user')),
  reference text not null,
  title     text not null,
  above_id  bigint references responsible,
  -- The agreement or registration by which it stands below the one above.
  agreement text,
  named_by  text not null,
  named_at  timestamptz not null,
  unique (party_id, reference)
);

create table duty (
  duty_id        bigint generated always as identity primary key,
  party_id       bigint not null references party,
  responsible_id bigint not null references responsible,
  kind           text not null,
  owner_id       text,
  substitute_id  text,
  due_at         timestamptz not null,
  set_by         text not null,
  set_at         timestamptz not null,
  -- Digest of what proves that it was done; without one it is not.
  proof_sha256   bytea,
  done_by        text,
  done_at        timestamptz,
  told_at        timestamptz,
  check ((done_at is null) = (proof_sha256 is null) and (done_at is null) = (done_by is null))
);
create index duty_responsible on duty (responsible_id, kind, due_at);
create index duty_open on duty (due_at) where done_at is null and told_at is null;

-- Cards drawn for inspection again, by a seed that is on record: whoever has it draws the same.
create table inspection_campaign (
  campaign_id bigint generated always as identity primary key,
  party_id    bigint not null references party,
  title       text not null,
  year        int not null,
  contract    text,
  seed        text not null,
  size        int not null check (size > 0),
  due_at      timestamptz not null,
  begun_by    text not null,
  begun_at    timestamptz not null
);
create table inspection_sample (
  sample_id    bigint generated always as identity primary key,
  campaign_id  bigint not null references inspection_campaign,
  party_id     bigint not null,
  card         text not null,
  state        text not null default 'due' check (state in ('due', 'passed', 'failed', 'lapsed')),
  -- Digest of photograph or liveness evidence; nothing passes without.
  evidence_sha256 bytea,
  inspected_by text,
  inspected_at timestamptz,
  lapsed_at    timestamptz,
  unique (campaign_id, card),
  check (state <> 'passed' or (evidence_sha256 is not null and inspected_by is not null))
);
create index inspection_sample_due on inspection_sample (campaign_id) where state = 'due';

select protect('responsible');
select protect('duty');
select protect('inspection_campaign');
select protect('inspection_sample');
grant select, insert on responsible, inspection_campaign to thingward_door, thingward_corridor;
grant select, insert, update on duty, inspection_sample to thingward_door, thingward_corridor;
