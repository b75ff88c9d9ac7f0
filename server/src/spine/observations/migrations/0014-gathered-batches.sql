-- A batch into which records posted one by one are gathered. Every record in it was answered for after a commit of its
-- own, so one that a dead process left open is whole, not broken.
alter table batch add column is_gathered boolean not null default false;
