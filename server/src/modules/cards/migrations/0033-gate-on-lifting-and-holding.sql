-- The gate is asked for more than moves: whether a card may be in use where it is now (C-01, L-52), and who holds it
-- is a link of the registry, so that nobody ends the record of a person who holds a card (Decision art. 6).

-- Why a card may not be in use as it stands, by the database's clock; null when it may. A card that was never taken
-- into stock is watched, not sold: no gate stands before it. What changes the card or its holder's standing waits until
-- this transaction ends.
create function card_activity_fault(card bigint) returns text
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare
    now_is card_life;
  begin
    select * into now_is from card_life l where l.card_id = card for share;
    if not found then return null; end if;
    if now_is.state in ('stock', 'allocated', 'sold', 'suspended', 'terminated', 'retired') then return 'card-not-in-use'; end if;
    return card_life_fault(now_is, now_is, '');
  end
  $$;
revoke execute on function card_activity_fault(bigint) from public;
grant execute on function card_activity_fault(bigint) to thingward_door, thingward_corridor;

-- Whom a card is held by as its life says; nobody in stock and after its end.
create function card_holder_of(life card_life) returns bigint
  language sql immutable set search_path = thingward, pg_temp
  as $$ select case when life.state in ('stock', 'terminated', 'retired') then null else life.holder_id end $$;

-- Opens the link card-holder with the move that gives a card a holder, and ends it with the move that takes it away.
-- The holder's standing is held still meanwhile: whoever ends the holder's record waits and then sees the link, or
-- ended it before and the gate refused.
create function link_card_holder() returns trigger
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare
    before bigint := case when tg_op = 'UPDATE' then card_holder_of(old) end;
    after_it bigint := card_holder_of(new);
    at timestamptz := clock_timestamp();
  begin
    if before is not distinct from after_it then return null; end if;
    with ended as (
      update link l set retired_at = at
        where l.from_id = new.card_id and l.kind = 'card-holder' and l.retired_at is null and l.valid_to = 'infinity'
        returning l.*)
    insert into link (party_id, from_id, kind, to_id, valid_from, valid_to, stated_by, recorded_at)
      select e.party_id, e.from_id, e.kind, e.to_id, e.valid_from, at, e.stated_by, at from ended e where e.valid_from < at;
    if after_it is not null then
      perform lock_standing(after_it, false);
      insert into link (party_id, from_id, kind, to_id, valid_from, stated_by, recorded_at)
        values (new.party_id, new.card_id, 'card-holder', after_it, at, 'gate', at);
    end if;
    return null;
  end
  $$;
create trigger holder_link after insert or update on card_life for each row execute function link_card_holder();

-- Cards that have a holder already: since the last move that was not yet the holder's.
insert into link (party_id, from_id, kind, to_id, valid_from, stated_by, recorded_at)
  select l.party_id, l.card_id, 'card-holder', card_holder_of(l), coalesce(
      (select min(m.at) from card_move m where m.card_id = l.card_id and m.outcome = 'done' and m.holder_id = l.holder_id
        and m.move_id > coalesce((select max(e.move_id) from card_move e where e.card_id = l.card_id and e.outcome = 'done'
          and e.holder_id is distinct from l.holder_id), 0)),
      l.changed_at), 'gate', clock_timestamp()
  from card_life l where card_holder_of(l) is not null;
