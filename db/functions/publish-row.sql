-- Tells endpoints of runs that moved, of tasks, and of new payment details.
create or replace function publish_row() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_table_name = 'payout_run' then
    perform publish_event('run.' || new.status, jsonb_build_object('run', new.id, 'periodEnd', new.period_end, 'status', new.status,
      'schedule', (select code from pay_schedule where id = new.schedule_id)));
  elsif tg_table_name = 'task' then
    perform publish_event(case when new.closed_at is null then 'task.opened' else 'task.closed' end,
      jsonb_build_object('task', new.id, 'kind', new.kind, 'payout', new.payout_id));
  else
    perform publish_event('partner.details_added', jsonb_build_object('instrument', new.id, 'method', new.method,
      'partner', (select code from partner where id = new.partner_id)));
  end if;
  return null;
end $$;

create or replace trigger run_published after update of status on payout_run for each row
  when (new.status <> old.status) execute function publish_row();

create or replace trigger task_open_published after insert on task for each row execute function publish_row();

create or replace trigger task_closed_published after update of closed_at on task for each row
  when (new.closed_at is not null and old.closed_at is null) execute function publish_row();

create or replace trigger instrument_published after insert on instrument_version for each row execute function publish_row();
