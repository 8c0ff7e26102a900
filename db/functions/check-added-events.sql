-- Stands for the foreign keys of an event, which would look each event up by itself: they cost as much as the insert. Partners,
-- programs, currencies and people are never removed, so a key that was there once stays there.
create or replace function check_added_events() returns trigger language plpgsql set enable_seqscan = off as $$
declare unknown text;
begin
  select coalesce(
    (select format('partner %s', partner_id) from (select distinct partner_id from added) named
     where not exists (select from partner where id = partner_id) limit 1),
    (select format('program %s', program_id) from (select distinct program_id from added) named
     where not exists (select from program where id = program_id) limit 1),
    (select format('currency %s', currency) from (select distinct currency from added where currency is not null) named
     where not exists (select from currency known where known.code = named.currency) limit 1),
    (select format('person %s', sent_by) from (select distinct sent_by from added where sent_by is not null) named
     where not exists (select from actor where id = sent_by) limit 1)
  ) into unknown;
  if unknown is not null then
    raise exception 'event refused: there is no %', unknown using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;

create or replace trigger events_name_known_rows after insert on event referencing new table as added
  for each statement execute function check_added_events();
