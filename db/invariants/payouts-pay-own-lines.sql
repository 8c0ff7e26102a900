-- 4. A payout pays lines of its own partner and schedule, in their currency and amount, that were free before its cut-off.
select format('payout %s to partner %s in %s holds line %s of partner %s: %s %s, recorded as %s %s', payout.id, payout.partner_id,
  payout.currency, line.id, line.partner_id, line.amount_minor, line.currency, taken.amount_minor, taken.currency) as culprit
from payout_line taken join payout on payout.id = taken.payout_id join earning_line line on line.id = taken.earning_line_id
join payout_run run on run.id = payout.run_id join program on program.id = line.program_id
where program.schedule_id <> run.schedule_id or line.available_on >= run.period_end
  or (line.partner_id, line.currency, line.amount_minor, line.partner_id, line.currency)
    is distinct from (taken.partner_id, taken.currency, taken.amount_minor, payout.partner_id, payout.currency);
