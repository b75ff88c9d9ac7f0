-- How often somebody was refused is nobody else's to read: the door counts by this function and sees no row.
create function count_refusal(an_act text, an_actor text, a_code text, a_minute timestamptz, a_party bigint) returns int
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare counted int;
  begin
    if door_party() is not null and a_party is distinct from nullif(door_party(), 0) then
      raise exception 'a refusal is counted for the party of the transaction' using errcode = 'insufficient_privilege';
    end if;
    insert into refusal_count as c (act, actor, code, minute, party_id, times)
      values (an_act, an_actor, a_code, a_minute, a_party, 1)
      on conflict (act, actor, code, minute) do update set times = c.times + 1
      returning c.times into counted;
    return counted;
  end
  $$;
revoke execute on function count_refusal(text, text, text, timestamptz, bigint) from public;
grant execute on function count_refusal(text, text, text, timestamptz, bigint) to thingward_door, thingward_corridor;
revoke all on refusal_count from thingward_door;
