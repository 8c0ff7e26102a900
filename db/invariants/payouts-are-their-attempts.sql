-- 6. A payout is what its attempt is: settled, returned and failed are proved, and nobody was asked before it was approved.
select format('payout %s is %s, its attempt %s', payout.id, payout.status, coalesce(attempt.state, 'is missing')) as culprit
from payout left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'
where case
  when payout.status in ('draft', 'approved', 'failed', 'cancelled') then attempt.id is not null
  when payout.status = 'executing' then attempt.state in ('unclaimed', 'sent', 'stale', 'settled', 'returned')
  when payout.status = 'sent' then attempt.id is null or attempt.state in ('settled', 'returned')
  when payout.status = 'returned' then attempt.state is distinct from 'returned'
  else attempt.state is null or attempt.state = 'returned'
    or not exists (select from attempt_history history where history.attempt_id = attempt.id and history.to_state = 'settled')
end;
