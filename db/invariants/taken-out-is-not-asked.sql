-- 6. No provider was asked for a payout after a person had taken it out of its run.
select format('attempt %s of payout %s is %s, but a person has taken the payout out of its run', attempt.id, payout.id, attempt.state)
  as culprit
from payout_attempt attempt join payout on payout.id = attempt.payout_id
where payout.cut_reason is not null and attempt.state not in ('prepared', 'failed');
