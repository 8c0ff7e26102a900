-- 5. An earning has the partner, program and currency of its line, and the partner and program of its event.
select format('earning %s/%s %s does not match its line or its event', earning.source, earning.source_id,
  earning.incentive_id) as culprit
from earning join event using (source, source_id) left join earning_line line on line.id = earning.earning_line_id
where (event.partner_id, event.program_id) is distinct from (earning.partner_id, earning.program_id)
  or line.id is not null and (line.partner_id, line.program_id, line.currency, line.available_on, line.batch_id)
    is distinct from (earning.partner_id, earning.program_id, earning.currency, earning.available_on, earning.batch_id);
