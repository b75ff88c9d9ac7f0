-- When a measure under way is looked at next; null where there is nothing to look for. A watch reads what is due and
-- nothing else, however many measures are in force. `looked_since` is when the present state began or the last record
-- of the subject came: the longer ago, the rarer the looks.
alter table measure add column next_look_at timestamptz, add column looked_since timestamptz;
update measure set next_look_at = now(), looked_since = coalesce(effective_at, decided_at)
where state in ('accepted', 'overdue', 'effective', 'lift-accepted');
create index measure_look on measure (next_look_at) where next_look_at is not null;
create index measure_effective_subject on measure (subject_id) where state = 'effective';

-- A block is watched for attempts turned away until `storm_until` (C-42); `refused_seen` is the most seen since.
alter table measure add column storm_until timestamptz, add column refused_seen bigint not null default 0;
create index measure_storm on measure (provider_id) where storm_until is not null;

-- Until then nothing is ordered from the provider by policy; a person still may.
alter table provider add column paused_until timestamptz;

-- `climb`: the rungs of the ladder up to the measure named are ordered by themselves, the others proposed.
alter table measure_policy drop constraint measure_policy_mode_check;
alter table measure_policy add constraint measure_policy_mode_check check (mode in ('suggest', 'order', 'climb'));

-- Which rung of which ladder a case stands on, and why; the last row of a case decides (C-40).
create table measure_ladder (
  ladder_step_id bigint generated always as identity primary key,
  party_id   bigint not null references party,
  case_id    bigint not null references incident,
  ladder     text not null check (length(ladder) <= 63),
  version    text not null check (length(version) <= 63),
  digest     text not null check (length(digest) = 64),
  rung       int not null check (rung between 0 and 30),
  deed       text not null check (length(deed) <= 63),
  happened   text not null check (happened in ('proposed', 'ordered', 'done', 'failed', 'top')),
  reason     text not null check (length(reason) <= 200),
  measure_id bigint references measure,
  at         timestamptz not null,
  actor      text not null
);
create index measure_ladder_case on measure_ladder (case_id, ladder_step_id desc);
select protect('measure_ladder');
select append_only('measure_ladder');
grant select, insert on measure_ladder to thingward_door, thingward_corridor;
