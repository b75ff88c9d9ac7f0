-- An authority whose key is changed has a successor with a key of its own: the successor issues, the former still tells.
alter table device_authority
  add column follows bigint references device_authority,
  add column generation int not null default 1 check (generation between 1 and 10000),
  add check ((follows is null) = (generation = 1));
create unique index device_authority_follows on device_authority (follows) where follows is not null;
