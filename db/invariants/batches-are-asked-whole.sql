-- 6. A provider is asked for the payments of a batch together, and a batch that moved nothing contains no payment that did.
select format('attempt %s is %s, but its batch %s is %s', attempt.id, attempt.state, batch.id, batch.state) as culprit
from provider_batch batch join payout_attempt attempt on attempt.batch_id = batch.id
where (attempt.state = 'prepared') <> (batch.state = 'prepared')
  or batch.state = 'failed' and attempt.state not in ('failed', 'needs_person')
  or batch.state = 'done' and attempt.state in ('submitted', 'unknown');
