-- 6. A payout has at most one attempt that can pay.
select format('payout %s has %s live attempts', payout_id, count(*)) as culprit
from payout_attempt where state <> 'failed' group by payout_id having count(*) > 1;
