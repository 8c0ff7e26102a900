create or replace function guard_check_number() returns trigger language plpgsql as $$
begin
  if new.number < (select number_first from check_account where id = new.check_account_id) then
    raise exception 'check % refused: it is less than the first number of its account', new.number using errcode = 'check_violation';
  end if;
  if new.attempt_id is not null and not exists (
    select from payout_attempt attempt join payout on payout.id = attempt.payout_id join payout_run run on run.id = payout.run_id
    join pay_schedule schedule on schedule.id = run.schedule_id join check_account account on account.payer_id = schedule.payer_id
    where attempt.id = new.attempt_id and attempt.check_number = new.number and account.id = new.check_account_id
      and new.number < account.number_next
  ) then
    raise exception 'check % refused: it is not the check of attempt %, or not drawn on an account of its payer',
      new.number, new.attempt_id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger check_number_guarded before insert on check_register for each row execute function guard_check_number();
