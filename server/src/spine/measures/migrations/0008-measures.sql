create table provider (
  provider_id bigint generated always as identity primary key,
  party_id    bigint not null references party,
  name        text not null,
  adapter     text not null,
  settings    jsonb not null default '{}',
  unique (party_id, name)
);

-- What a party lets the corridor order by itself, per rule; without a row a measure is only suggested.
create table measure_policy (
  party_id bigint not null references party,
  rule_id  text not null,
  measure  text not null,
  mode     text not null check (mode in ('suggest', 'order')),
  set_by   text not null,
  set_at   timestamptz not null default now(),
  primary key (party_id, rule_id)
);

create table measure (
  measure_id bigint generated always as identity primary key,
  party_id   bigint not null references party,
  case_id    bigint not null references incident,
  subject_id bigint not null references subject,
  kind       text not null,
  provider_id bigint not null references provider,
  terms      jsonb not null default '{}',
  state      text not null check (state in ('decided', 'ordered', 'accepted', 'effective', 'verified', 'closed', 'failed', 'overdue', 'lift-ordered', 'lift-accepted', 'lifted')),
  order_key  text not null unique,
  due_at     timestamptz not null,
  effective_at timestamptz,
  decided_by text not null,
  decided_at timestamptz not null
);
create unique index measure_live_once on measure (case_id, kind) where state not in ('failed', 'lifted', 'closed');
create index measure_state on measure (state);

create table measure_step (
  step_id    bigint generated always as identity primary key,
  measure_id bigint not null references measure,
  party_id   bigint not null,
  from_state text,
  to_state   text not null,
  at         timestamptz not null,
  actor      text not null,
  proof      jsonb not null default '{}'
);
create index measure_step_measure on measure_step (measure_id, step_id);

-- Effects on the outside leave after the commit that wrote the row, at least once, under an idempotency key.
create table outbox (
  outbox_id  bigint generated always as identity primary key,
  party_id   bigint not null,
  measure_id bigint not null references measure,
  deed       text not null check (deed in ('apply', 'lift')),
  order_key  text not null unique,
  attempts   int not null default 0,
  next_at    timestamptz not null,
  provider_order text,
  done_at    timestamptz,
  last_error text
);
create index outbox_due on outbox (next_at) where done_at is null;
select protect('provider');
select protect('measure_policy');
select protect('measure');
select protect('measure_step');
select protect('outbox');
select append_only('measure_step');
grant select, insert, update on provider, measure_policy, measure to thingward_door, thingward_corridor;
grant select, insert on measure_step to thingward_door, thingward_corridor;
grant insert on outbox to thingward_door;
grant select, insert, update on outbox to thingward_corridor;
