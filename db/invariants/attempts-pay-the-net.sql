-- 6. An attempt pays its payout's net amount through its payout's gateway.
select format('attempt %s pays %s %s through %s, but payout %s is %s %s through %s', attempt.id, attempt.amount_minor, attempt.currency,
  attempt.gateway, payout.id, payout.net_minor, payout.currency, payout.gateway) as culprit
from payout_attempt attempt join payout on payout.id = attempt.payout_id
where (attempt.amount_minor, attempt.currency, attempt.gateway) is distinct from (payout.net_minor, payout.currency, payout.gateway);
