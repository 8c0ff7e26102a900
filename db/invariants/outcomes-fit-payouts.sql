-- 14. Every paid outcome of a run names its payout, every payout has its outcome, and a payout that was taken out of its run pays nobody.
select format('payout %s of run %s and the outcome of partner %s do not agree', coalesce(payout.id::text, 'none'),
  coalesce(outcome.run_id, payout.run_id), coalesce(outcome.partner_id, payout.partner_id)) as culprit
from (select * from run_outcome where payout_id is not null) outcome full join payout on payout.id = outcome.payout_id
where (payout.status is distinct from 'cancelled' or outcome.payout_id is not null) and (outcome.run_id, outcome.partner_id, outcome.currency, outcome.payable_minor)
  is distinct from (payout.run_id, payout.partner_id, payout.currency, payout.gross_minor)
  or outcome.outcome <> 'paid' and payout.status <> 'cancelled';
