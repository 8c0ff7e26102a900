-- 6. Only money that the provider took settles or comes back, and an attempt whose money was taken never fails.
select format('attempt %s is %s: taken %s, returned %s', id, state, coalesce(debited_minor::text, 'nothing'),
  coalesce(returned_minor::text, 'nothing')) as culprit
from payout_attempt
where case when state in ('settled', 'returned') then debited_minor is null
  when state in ('failed', 'prepared') then debited_minor is not null or returned_minor > 0
  else returned_minor > 0 and debited_minor is null end
  or debited_minor <> amount_minor or returned_minor > amount_minor;
