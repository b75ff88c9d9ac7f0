-- A notice may go with a task of a ladder where nothing is restricted yet: the holder is told before anything is done (C-45).
alter table remedy_notice alter column measure_id drop not null;
alter table remedy_notice add column task text check (length(task) between 1 and 63),
  add check ((measure_id is null) = (task is not null));
create unique index remedy_notice_task on remedy_notice (case_id, task) where task is not null;

-- Tasks that cases stand on are looked through from the newest.
create index measure_ladder_proposed on measure_ladder (deed, ladder_step_id desc) where happened = 'proposed';
