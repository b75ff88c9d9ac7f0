-- What every later table stands on: who may see which party's rows.
-- The three roles exist already (the opener creates them); this schema belongs to thingward_owner.
grant usage on schema thingward to thingward_corridor, thingward_door;

create table party (
  party_id   bigint generated always as identity primary key,
  parent_id  bigint references party,
  kind       text not null,
  name_en    text not null,
  name_zh    text not null,
  created_at timestamptz not null default now()
);

-- Every (ancestor, descendant) pair of the tree, each party with itself included.
create table party_closure (
  ancestor_id   bigint not null references party,
  descendant_id bigint not null references party,
  primary key (ancestor_id, descendant_id)
);
create index party_closure_upwards on party_closure (descendant_id, ancestor_id);

-- The party for which the current transaction of the door speaks; null when none was set.
create function door_party() returns bigint
  language sql stable
  as $$ select nullif(current_setting('thingward.party', true), '')::bigint $$;

-- The parties whose things the door's party may see: itself and everything below it.
-- pg_temp stands last, or a temporary table of the door's would be taken for ours under the owner's rights.
create function door_parties() returns setof bigint
  language sql stable security definer set search_path = thingward, pg_temp
  as $$ select descendant_id from party_closure where ancestor_id = door_party() $$;

-- Puts a table with a party_id column under forced row-level security.
create function protect(t regclass) returns void
  language plpgsql
  as $$
  begin
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy door_own on %s to thingward_door using (party_id in (select door_parties())) with check (party_id in (select door_parties()))', t);
    execute format('create policy corridor_all on %s to thingward_corridor using (true) with check (true)', t);
    execute format('create policy owner_all on %s to thingward_owner using (true) with check (true)', t);
  end
  $$;

-- Refuses update, delete and truncate on a table, for every role that is no superuser and for triggers' sake for those too.
create function refuse_change() returns trigger
  language plpgsql
  as $$ begin raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'insufficient_privilege'; end $$;

create function append_only(t regclass) returns void
  language plpgsql
  as $$
  begin
    execute format('create trigger append_only before update or delete on %s for each row execute function refuse_change()', t);
    execute format('create trigger append_only_truncate before truncate on %s for each statement execute function refuse_change()', t);
  end
  $$;

select protect('party');
grant select on party to thingward_door;
grant select, insert, update on party to thingward_corridor;
grant select, insert on party_closure to thingward_corridor;
