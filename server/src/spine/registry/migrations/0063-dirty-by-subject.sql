-- Whoever is judged from what is stored is rid of their marks with it.
create index dirty_subject on dirty (subject_id);
