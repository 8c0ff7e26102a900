-- 41. Finance is told of every payout that failed, came back or waits to be claimed, and of every break.
select format('payout %s is %s, but finance is not told', payout.id, payout.status) as culprit
from payout
where payout.status in ('failed', 'returned')
  and not exists (select from incident where payout_id = payout.id and kind = 'payout_' || payout.status)
union all
select format('payout %s waits to be claimed, but finance is not told', attempt.payout_id)
from payout_attempt attempt
where attempt.state = 'unclaimed'
  and not exists (select from incident where payout_id = attempt.payout_id and kind = 'payout_unclaimed')
union all
select format('break %s about %s was found, but finance is not told', found.id, found.subject)
from recon_break found where not exists (select from incident where break_id = found.id)
union all
select format('incident %s of %s is in no notice', id, at)
from incident where digest is null and at < now() - interval '1 day';
