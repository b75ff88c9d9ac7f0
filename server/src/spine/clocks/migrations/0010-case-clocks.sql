-- One clock of a case. ended_at without state 'met' is an act that came after the clock was missed.
create table case_clock (
  case_id    bigint not null references incident,
  clock_id   text not null,
  party_id   bigint not null,
  catalogue  text not null,
  armed_at   timestamptz not null,
  due_at     timestamptz not null,
  state      text not null default 'running' check (state in ('running', 'met', 'missed', 'stopped')),
  ended_at   timestamptz,
  primary key (case_id, clock_id)
);
create index case_clock_due on case_clock (due_at) where state = 'running';
select protect('case_clock');
grant select, insert, update on case_clock to thingward_door, thingward_corridor;
