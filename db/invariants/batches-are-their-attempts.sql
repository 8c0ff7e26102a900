-- 6. A batch equals its attempts, to the cent, and all of them have its gateway, currency and run.
select format('batch %s of %s %s holds %s payments of %s, not %s of %s', batch.id, batch.gateway, batch.currency, count(attempt.id),
  coalesce(sum(attempt.amount_minor), 0), batch.item_count, batch.total_minor) as culprit
from provider_batch batch left join payout_attempt attempt on attempt.batch_id = batch.id
left join payout on payout.id = attempt.payout_id
group by batch.id
having count(attempt.id) <> batch.item_count or coalesce(sum(attempt.amount_minor), 0) <> batch.total_minor
  or bool_or((attempt.gateway, attempt.currency, payout.run_id) is distinct from (batch.gateway, batch.currency, batch.run_id));
