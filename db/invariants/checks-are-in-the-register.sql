-- 16. Every check that was drawn belongs to its attempt and to an account of its payer, and every attempt by check is in the register.
select format('check %s of account %s is not the check %s of attempt %s', register.number, register.check_account_id,
  coalesce(attempt.check_number::text, 'none'), register.attempt_id) as culprit
from check_register register
join check_account account on account.id = register.check_account_id
left join payout_attempt attempt on attempt.id = register.attempt_id left join payout on payout.id = attempt.payout_id
left join payout_run run on run.id = payout.run_id left join pay_schedule schedule on schedule.id = run.schedule_id
where register.attempt_id is not null
  and (attempt.check_number, schedule.payer_id) is distinct from (register.number, account.payer_id)
union all
select format('check %s of attempt %s is not in the register', check_number, id)
from payout_attempt
where (check_number is not null or gateway = 'printed-check')
  and not exists (select from check_register where attempt_id = payout_attempt.id);
