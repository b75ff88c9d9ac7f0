create table incident (
  case_id    bigint generated always as identity primary key,
  party_id   bigint not null references party,
  subject_id bigint not null references subject,
  subject_kind text not null,
  rule_id    text not null,
  state      text not null default 'open' check (state in ('open', 'closed')),
  severity   text not null,
  owner_id   text,
  opened_at  timestamptz not null,
  closed_at  timestamptz,
  close_reason text
);
create unique index incident_open_once on incident (subject_id, rule_id) where state = 'open';
create index incident_party on incident (party_id, case_id desc);

create table case_finding (
  case_id    bigint not null references incident,
  finding_id bytea not null unique references finding,
  party_id   bigint not null,
  primary key (case_id, finding_id)
);

-- The time line: what happened, in the order it was written.
create table case_act (
  act_id   bigint generated always as identity primary key,
  case_id  bigint not null references incident,
  party_id bigint not null,
  at       timestamptz not null,
  kind     text not null,
  actor    text not null,
  detail   jsonb not null default '{}'
);
create index case_act_case on case_act (case_id, act_id);

select protect('incident');
select protect('case_finding');
select protect('case_act');
select append_only('case_act');
grant select, insert, update on incident to thingward_door, thingward_corridor;
grant select, insert on case_finding, case_act to thingward_door, thingward_corridor;
