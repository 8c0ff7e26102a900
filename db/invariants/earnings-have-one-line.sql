-- 5. Earnings of money that do not cancel out share one line, and earnings that cancel out have no line.
select format('the earnings of partner %s in batch %s (%s, %s) add up to %s, but have %s lines', earning.partner_id, batch_id,
  earning.currency, available_on, sum(earning.amount_minor), count(distinct earning_line_id)) as culprit
from earning left join event on event.id = earning.event_id
where not is_points(earning.currency)
group by batch_id, earning.partner_id, earning.program_id, earning.currency, available_on,
  case when event.kind = 'refund' then 'reversed' when event.revision > 1 or event.kind in ('quota', 'division', 're_rating') then 'corrected' else 'earned' end
having (sum(earning.amount_minor) <> 0) is distinct from (count(distinct earning_line_id) = 1 and count(earning_line_id) = count(*))
  or (sum(earning.amount_minor) = 0 and count(earning_line_id) > 0);
