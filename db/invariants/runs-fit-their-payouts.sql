-- 13. A disbursed run has sent all its payouts, and a run that ended without approval pays none.
select format('payout %s is %s, but its run %s is %s', payout.id, payout.status, run.id, run.status) as culprit
from payout join payout_run run on run.id = payout.run_id
where run.status = 'disbursed' and payout.status in ('draft', 'approved', 'executing')
  or run.status in ('rejected', 'expired', 'cancelled') and payout.status <> 'cancelled'
  or run.status in ('preparing', 'review') and payout.status not in ('draft', 'cancelled')
  or run.status = 'approved' and payout.status <> 'approved' and payout.status <> 'cancelled';
