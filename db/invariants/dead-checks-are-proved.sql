-- 16. A check that the bank acknowledged fails or comes back only after the bank confirmed that it is stopped or void.
select format('attempt %s is %s, but the bank has confirmed neither a stop nor a void of check %s', id, state, check_number) as culprit
from payout_attempt
where check_number is not null and state in ('failed', 'returned') and step::jsonb ->> 'acknowledgedAt' is not null
  and coalesce(evidence ->> 'bank', '') not in ('void', 'stopped') and not (state = 'returned' and resolution_id is not null);
