-- What the sessions of a card are to be: limited, or free again. A network that asks before it lets a card in is told.
create table radius_limit (
  subject_id bigint primary key references subject,
  party_id   bigint not null references party,
  order_key  text not null,
  wanted     text not null check (wanted in ('limited', 'free')),
  since      timestamptz not null,
  attribute  text not null check (length(attribute) between 1 and 63),
  value      jsonb not null check (jsonb_typeof(value) in ('string', 'number')),
  failed     text check (length(failed) between 1 and 63)
);
select protect('radius_limit');
grant select on radius_limit to thingward_door;
grant select, insert, update on radius_limit to thingward_corridor;

-- For which order the session's server was last told by a CoA-Request (RFC 5176), when, and what it answered.
alter table radius_session add column change_key text, add column change_asked_at timestamptz, add column change_answer text;
