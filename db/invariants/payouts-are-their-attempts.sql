-- 6. The status of a payout follows from its attempt: settled, returned and failed are proved, and no provider is asked before approval.
select format('payout %s is %s, but its live attempt is %s', payout.id, payout.status, coalesce(attempt.state, 'missing')) as culprit
from payout left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'
where case
  when payout.status in ('draft', 'approved', 'failed', 'cancelled') then attempt.id is not null
  when payout.status = 'executing' then attempt.state in ('unclaimed', 'sent', 'stale', 'settled', 'returned')
  when payout.status = 'sent' then attempt.id is null or attempt.state in ('settled', 'returned')
  when payout.status = 'returned' then attempt.state is distinct from 'returned'
  else attempt.state is null or attempt.state = 'returned'
    or not exists (select from attempt_history history where history.attempt_id = attempt.id and history.to_state = 'settled')
end;
