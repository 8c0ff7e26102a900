-- 3. No payout pays a line that was split.
select format('line %s was split, but is in payout %s', earning_line_id, payout_id) as culprit
from payout_line where released_at is null and earning_line_id in (select split_from from earning_line where split_from is not null);
