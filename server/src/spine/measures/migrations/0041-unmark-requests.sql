-- Asking to take a mark off runs out: nobody confirms next year what somebody asked today (C-44).
alter table critical_mark add column expires_at timestamptz check (expires_at is null or deed = 'unmark-asked');

create or replace function check_critical_mark() returns trigger
  language plpgsql security definer set search_path = thingward, pg_temp
  as $$
  declare
    last critical_mark;
    owner bigint;
  begin
    -- An order under way holds the subject, too: it sees the mark or was before it.
    select s.party_id into owner from subject s where s.subject_id = new.subject_id for update;
    if owner is distinct from new.party_id then
      raise exception 'a mark belongs to the party of its subject' using errcode = 'insufficient_privilege';
    end if;
    select * into last from critical_mark m where m.subject_id = new.subject_id order by m.mark_id desc limit 1;
    if new.deed <> 'marked' and new.actor not like 'person/%' then
      raise exception 'only persons take a mark off' using errcode = 'insufficient_privilege';
    end if;
    -- A clock that was set back makes no request young again.
    if new.deed = 'unmarked' and (last.deed is distinct from 'unmark-asked' or last.actor = new.actor
        or new.at < last.at or new.at >= coalesce(last.expires_at, last.at)
        or not leads_among(new.party_id, array[last.actor, new.actor])) then
      raise exception 'a mark is taken off by two persons, of whom one leads' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end
  $$;
