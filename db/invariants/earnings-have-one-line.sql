-- 5. Earnings that do not cancel out share one line, and earnings that cancel out have no line.
select format('the earnings of partner %s in batch %s (%s, %s) add up to %s, but have %s lines', partner_id, batch_id, currency,
  available_on, sum(amount_minor), count(distinct earning_line_id)) as culprit
from earning
group by batch_id, partner_id, program_id, currency, available_on, reverses is null
having (sum(amount_minor) <> 0) is distinct from (count(distinct earning_line_id) = 1 and count(earning_line_id) = count(*))
  or (sum(amount_minor) = 0 and count(earning_line_id) > 0);
