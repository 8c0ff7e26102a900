-- Keeps every status that a payout ever had, with its instant, so that somebody can look back.
create or replace function keep_payout_history() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off as $$
begin
  if tg_op = 'INSERT' then
    insert into payout_history(payout_id, status) select id, status from after;
  else
    insert into payout_history(payout_id, status)
    select after.id, after.status from after join before using (id) where after.status <> before.status;
  end if;
  return null;
end $$;

create or replace trigger payout_begins_history after insert on payout referencing new table as after
  for each statement execute function keep_payout_history();

create or replace trigger payout_keeps_history after update on payout referencing old table as before new table as after
  for each statement execute function keep_payout_history();
