-- Alarms of readers who asked for more persons than one may see on a day (L-25), until each was put on the corridor,
-- where a rule makes a case of the staff account. One for the first refusal of a day and then for each doubling.
create table vault_alarm (
  alarm_id  bigint generated always as identity primary key,
  party_id  bigint not null references party,
  reader    text not null,
  day       date not null,
  most      int not null,
  refused   int not null,
  raised_at timestamptz not null,
  told_at   timestamptz,
  unique (reader, day, party_id, refused)
);
create index vault_alarm_untold on vault_alarm (party_id, alarm_id) where told_at is null;
select protect('vault_alarm');
grant select, insert on vault_alarm to thingward_door;
grant select, update on vault_alarm to thingward_corridor;
