-- 3. No earning line is in two payouts at once.
select format('line %s is in payouts %s', earning_line_id, string_agg(payout_id::text, ', ' order by payout_id)) as culprit
from payout_line where released_at is null group by earning_line_id having count(*) > 1;
