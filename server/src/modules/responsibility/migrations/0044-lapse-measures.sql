-- What a lapse of an inspection, or failing it, orders by itself (C-49), as whoever began the inspection said; null
-- leaves it to the party's policies.
alter table inspection_campaign add column on_lapse text;

alter table inspection_sample
  -- The lapse was put on the corridor; a card that lapses again is told again.
  add column told_at timestamptz,
  add column measure_id bigint references measure,
  -- Why nothing was ordered yet, by its code; it is tried again.
  add column not_ordered text,
  -- Passed late, and the lifting of what was ordered has left.
  add column lifted_at timestamptz;
create index inspection_sample_untold on inspection_sample (party_id, sample_id) where lapsed_at is not null and told_at is null;
create index inspection_sample_unordered on inspection_sample (sample_id) where lapsed_at is not null and measure_id is null;
create index inspection_sample_unlifted on inspection_sample (sample_id) where measure_id is not null and lifted_at is null;
