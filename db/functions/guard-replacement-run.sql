create or replace function guard_replacement_run() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if (new.replaces_id, new.ask_reason) is distinct from (old.replaces_id, old.ask_reason) then
      raise exception 'run % refused: the payout that it replaces, and the reason, never change', old.id
        using errcode = 'restrict_violation';
    end if;
    return new;
  end if;
  if new.replaces_id is not null and not exists (
    select from payout join payout_run run on run.id = payout.run_id
    where payout.id = new.replaces_id and payout.status in ('failed', 'returned') and run.schedule_id = new.schedule_id
  ) then
    raise exception 'run % refused: payout % can still pay, or belongs to another schedule', new.id, new.replaces_id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger replacement_run_guarded before insert or update on payout_run
  for each row execute function guard_replacement_run();
