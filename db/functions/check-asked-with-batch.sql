create or replace function check_asked_with_batch() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare offending uuid;
begin
  select changed.id into offending from changed join provider_batch batch on batch.id = changed.batch_id
  where batch.state = 'prepared' and changed.state <> 'prepared' limit 1;
  if found then
    raise exception 'attempt % refused: nobody may ask for it before its batch', offending using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger asked_with_its_batch after update on payout_attempt referencing new table as changed
  for each statement execute function check_asked_with_batch();
