create table finding (
  finding_id   bytea primary key,
  party_id     bigint not null references party,
  rule_id      text not null,
  rule_version text not null,
  subject_id   bigint not null references subject,
  key          text not null,
  completed_by bytea not null,
  observed_at  timestamptz not null,
  judged_at    timestamptz not null,
  severity     text not null,
  historical   boolean not null default false,
  evidence     jsonb not null,
  foreign key (rule_id, rule_version) references rule_version
);
create index finding_subject on finding (subject_id, rule_id, observed_at);
-- By hash, for a key that is a field's value may be of any length.
create index finding_key on finding (rule_id, hashtextextended(key, 0), observed_at) where key not like 'subject/%';
create index finding_recent on finding (party_id, observed_at desc, finding_id);

-- The last row decides whether a finding stands.
create table finding_standing (
  standing_id bigint generated always as identity primary key,
  finding_id  bytea not null references finding,
  party_id    bigint not null,
  standing    text not null check (standing in ('found', 'withdrawn', 'reinstated')),
  at          timestamptz not null,
  reason      text not null
);
create index finding_standing_last on finding_standing (finding_id, standing_id desc);
select protect('finding');
select protect('finding_standing');
select append_only('finding');
select append_only('finding_standing');
grant select on finding, finding_standing to thingward_door;
grant select, insert on finding, finding_standing to thingward_corridor;
