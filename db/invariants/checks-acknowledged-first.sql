-- 16. No check is printed or mailed before the bank acknowledges it.
select format('check %s of attempt %s is %s, but the bank has not acknowledged it', check_number, id, state) as culprit
from payout_attempt
where check_number is not null and step is not null and step::jsonb ->> 'acknowledgedAt' is null
  and exists (
    select from attempt_history where attempt_id = payout_attempt.id and to_state in ('accepted', 'sent', 'stale', 'settled'));
