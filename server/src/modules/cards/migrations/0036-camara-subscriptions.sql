-- Who is told by CAMARA's contract of a card's changes (C-53), and what each was told. What a receiver is reached with is
-- sealed under a key outside the database; the door may set it, never read it.
create table camara_subscription (
  subscription_id  bigint generated always as identity primary key,
  party_id         bigint not null references party,
  subject_id       bigint not null references subject,
  what             text not null check (what in ('imei-change', 'area-change')),
  sink             text not null,
  device           jsonb not null,
  sealed           bytea,
  credential_until timestamptz,
  max_events       bigint check (max_events > 0),
  wants_initial    boolean not null,
  expires_at       timestamptz,
  told             bigint not null default 0,
  made_by          text not null,
  made_at          timestamptz not null,
  ended_at         timestamptz,
  end_reason       text,
  check ((ended_at is null) = (end_reason is null))
);
create index camara_subscription_card on camara_subscription (subject_id) where ended_at is null;
create index camara_subscription_party on camara_subscription (party_id, subscription_id);

-- Events on their way. `event` is what the identifier is made of: the same event has one row, however often it is met.
create table camara_event (
  event_id        bigint generated always as identity primary key,
  subscription_id bigint not null references camara_subscription,
  party_id        bigint not null references party,
  event           text not null,
  body            text not null,
  made_at         timestamptz not null,
  attempts        int not null default 0,
  next_at         timestamptz,
  done_at         timestamptz,
  last_at         timestamptz,
  last_answer     text,
  unique (subscription_id, event)
);
create index camara_event_due on camara_event (next_at) where next_at is not null;

-- How far the ledger was read for subscriptions. It begins where the ledger is now: before it there was nobody to tell.
create table camara_position (
  only_one   boolean primary key default true check (only_one),
  next_index bigint not null
);
insert into camara_position (next_index) select coalesce(max(entry_index) + 1, 0) from ledger_entry;

select protect('camara_subscription');
select protect('camara_event');
grant insert, update (ended_at, end_reason),
  select (subscription_id, party_id, subject_id, what, sink, device, credential_until, max_events, wants_initial, expires_at,
    told, made_by, made_at, ended_at, end_reason) on camara_subscription to thingward_door;
grant select, insert, update (next_at) on camara_event to thingward_door;
grant select, update on camara_subscription to thingward_corridor;
grant select, insert, update, delete on camara_event to thingward_corridor;
grant select, update on camara_position to thingward_corridor;
