-- What opens the commitments in ledger entries. A salt is made once, read, and shredded; never changed.
create table salt (
  object   text not null,
  name     text not null,
  party_id bigint not null references party,
  salt     bytea not null check (octet_length(salt) = 32),
  made_at  timestamptz not null default now(),
  primary key (object, name)
);
select protect('salt');
create trigger made_once before update on salt for each row execute function refuse_change();
grant select, insert, delete on salt to thingward_door, thingward_corridor;
