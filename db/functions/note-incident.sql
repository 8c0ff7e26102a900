create or replace function note_incident() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'recon_break' then
    insert into incident(kind, break_id) values ('break', new.id);
  elsif tg_table_name = 'payout_attempt' then
    insert into incident(kind, payout_id) values ('payout_unclaimed', new.payout_id) on conflict do nothing;
  elsif new.status in ('failed', 'returned') then
    insert into incident(kind, payout_id) values ('payout_' || new.status, new.id) on conflict do nothing;
  -- A run that is cancelled as a whole was cancelled by a person. A payout that leaves a run that goes on was cut from it.
  elsif exists (select from payout_run where id = new.run_id and status in ('approved', 'disbursing', 'paused', 'disbursed')) then
    insert into incident(kind, payout_id) values ('payout_cut', new.id) on conflict do nothing;
  end if;
  return null;
end $$;

create or replace trigger payout_incident after update of status on payout for each row
  when (new.status in ('failed', 'returned') and new.status <> old.status or new.status = 'cancelled' and old.status <> 'draft')
  execute function note_incident();

create or replace trigger attempt_incident after update of state on payout_attempt for each row
  when (new.state = 'unclaimed' and old.state <> 'unclaimed') execute function note_incident();

create or replace trigger break_incident after insert on recon_break for each row execute function note_incident();
