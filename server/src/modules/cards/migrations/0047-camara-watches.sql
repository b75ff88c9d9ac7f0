-- What a party has told by another operator's CAMARA server of its own cards (C-53): asked for, told, and ended. The
-- number of a watch stands in the address they post to; what they are known by is derived from a key outside the database.
create table camara_watch (
  watch_id    text primary key,
  party_id    bigint not null references party,
  provider_id bigint not null references provider,
  subject_id  bigint not null references subject,
  source_id   bigint not null references source,
  what        text not null check (what in ('imei-change', 'area-change')),
  device      jsonb not null,
  until_at    timestamptz not null,
  max_events  bigint check (max_events > 0),
  made_by     text not null,
  made_at     timestamptz not null,
  their_id    text,
  active_at   timestamptz,
  next_at     timestamptz,
  attempts    int not null default 0,
  last_answer text,
  told        bigint not null default 0,
  told_at     timestamptz,
  ended_at    timestamptz,
  end_reason  text,
  check ((ended_at is null) = (end_reason is null))
);
create index camara_watch_due on camara_watch (next_at) where next_at is not null;
create index camara_watch_party on camara_watch (party_id, made_at);

select protect('camara_watch');
grant select, insert, update (next_at, attempts, ended_at, end_reason) on camara_watch to thingward_door;
grant select, update on camara_watch to thingward_corridor;
