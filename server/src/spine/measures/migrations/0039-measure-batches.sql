-- One order for many subjects (C-43): what was asked by whom, and what became of it for each of them.
create table measure_batch (
  measure_batch_id bigint generated always as identity primary key,
  party_id     bigint not null references party,
  -- The caller's own; with the digest of what was asked, the same batch sent twice is one.
  batch_key    text not null check (length(batch_key) between 1 and 200),
  asked        text not null check (length(asked) = 64),
  deed         text not null check (deed in ('apply', 'lift')),
  kind         text not null check (length(kind) <= 63),
  terms        jsonb not null,
  provider_id  bigint references provider,
  why          text not null check (length(btrim(why)) between 1 and 1000),
  origin       text not null check (length(origin) between 1 and 100),
  rule_id      text check (length(rule_id) <= 63),
  member_count int not null check (member_count between 1 and 10000),
  repeated     int not null check (repeated >= 0),
  members      text not null check (length(members) = 64),
  ordered_by   text not null,
  ordered_at   timestamptz not null,
  -- When it is gone on with; null once it has ended.
  next_at      timestamptz,
  cancelled_at timestamptz,
  cancelled_by text,
  cancel_reason text check (length(cancel_reason) <= 1000),
  ended_at     timestamptz,
  end_state    text check (end_state in ('done', 'partly-failed', 'failed', 'cancelled')),
  unique (party_id, batch_key),
  check ((cancelled_at is null) = (cancelled_by is null)),
  check ((ended_at is null) = (end_state is null))
);
create index measure_batch_due on measure_batch (next_at) where next_at is not null;
create index measure_batch_party on measure_batch (party_id, measure_batch_id desc);

-- Its members. `outcome` is what ordering came to and is written once; what became of the order is the measure's to say.
create table measure_batch_member (
  measure_batch_id bigint not null references measure_batch,
  place       int not null check (place > 0),
  party_id    bigint not null references party,
  given       text not null check (length(given) between 1 and 100),
  subject_id  bigint references subject,
  outcome     text check (outcome in ('ordered', 'joined', 'already', 'proposed', 'refused', 'unknown', 'cancelled')),
  reason      text check (length(reason) <= 200),
  measure_id  bigint references measure,
  proposal_id bigint references measure_proposal,
  settled_at  timestamptz,
  primary key (measure_batch_id, place),
  check ((outcome is null) = (settled_at is null)),
  check ((outcome in ('ordered', 'joined')) <= (measure_id is not null)),
  check ((outcome = 'proposed') <= (proposal_id is not null)),
  check (subject_id is not null or outcome = 'unknown')
);
create unique index measure_batch_member_once on measure_batch_member (measure_batch_id, subject_id) where subject_id is not null;
create index measure_batch_member_open on measure_batch_member (measure_batch_id, place) where outcome is null;
create index measure_batch_member_measure on measure_batch_member (measure_id) where measure_id is not null;

-- Whatever a program says: who a member is never changes, and its outcome is written once.
create function check_batch_member() returns trigger
  language plpgsql
  as $$
  begin
    if old.outcome is not null
      or (old.measure_batch_id, old.place, old.party_id, old.given, old.subject_id)
        is distinct from (new.measure_batch_id, new.place, new.party_id, new.given, new.subject_id) then
      raise exception 'the outcome of a member is written once' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end
  $$;
create trigger written_once before update on measure_batch_member for each row execute function check_batch_member();

select protect('measure_batch');
select protect('measure_batch_member');
grant select, insert, update (next_at, cancelled_at, cancelled_by, cancel_reason) on measure_batch to thingward_door;
grant select, insert, update (outcome, reason, measure_id, proposal_id, settled_at) on measure_batch_member to thingward_door;
grant select, update (next_at, ended_at, end_state) on measure_batch to thingward_corridor;
grant select on measure_batch_member to thingward_corridor;

-- Letters of batches leave after those of single orders.
alter table outbox add column in_batch boolean not null default false;
drop index outbox_due;
create index outbox_due on outbox (in_batch, next_at) where done_at is null;
create index outbox_measure on outbox (measure_id, outbox_id);
create index measure_subject on measure (subject_id, kind);

-- How often the newest letter of a measure was taken to be sent, for whoever may see the measure: the door looks into
-- the box no further.
create function letter_tries(measure bigint) returns int
  language sql stable security definer set search_path = thingward, pg_temp
  as $$
    select o.attempts from outbox o join measure m on m.measure_id = o.measure_id
    where m.measure_id = measure and (door_party() is null or m.party_id in (select door_parties()))
    order by o.outbox_id desc limit 1
  $$;
revoke execute on function letter_tries(bigint) from public;
grant execute on function letter_tries(bigint) to thingward_door, thingward_corridor;
