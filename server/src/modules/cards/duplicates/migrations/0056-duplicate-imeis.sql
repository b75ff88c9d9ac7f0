-- IMEIs that several boards bear, as far as their cards show (CR-10): who was told, under which maker, and when what was
-- seen spoke against it. Each change is a revision, which is told by itself.
create table duplicate_imei (
  duplicate_id bigint generated always as identity primary key,
  party_id    bigint not null references party,
  imei        text not null,
  -- References of the cards, in order.
  cards       text[] not null,
  places      int not null,
  first_at    timestamptz not null,
  last_at     timestamptz not null,
  -- The record with which the cards were first seen apart at once.
  found_at    timestamptz not null,
  -- The record that spoke against it: nothing is concluded of this IMEI any more.
  ended_at    timestamptz,
  -- As it was told; empty while nobody knows the maker.
  maker       text not null default '',
  revision    int not null default 1,
  told_revision int not null default 0,
  unique (party_id, imei)
);
create index duplicate_imei_untold on duplicate_imei (duplicate_id) where told_revision < revision;

select protect('duplicate_imei');
grant select on duplicate_imei to thingward_door;
grant select, insert, update on duplicate_imei to thingward_corridor;
