-- 5. An earning has the partner, program and currency of its line, the program of its event, and a partner of it or one above.
select format('earning %s/%s %s does not match its line or its event', event.source, event.source_id,
  earning.incentive_id) as culprit
from earning left join event on event.id = earning.event_id left join event origin on origin.id = earning.origin_id
left join earning_line line on line.id = earning.earning_line_id
where (event.program_id, origin.program_id) is distinct from (earning.program_id, earning.program_id)
  or earning.origin_id = earning.event_id and event.partner_id <> coalesce(earning.child_id, earning.partner_id)
    and not exists (
      select from event_share share
      where share.event_id = event.id and share.partner_id = coalesce(earning.child_id, earning.partner_id))
  or earning.child_id is not null and not exists (
    select from event_ancestor above
    where (above.event_id, above.child_id, above.partner_id) = (event.id, earning.child_id, earning.partner_id))
  or line.id is null and earning.earning_line_id is not null
  or line.id is not null and (line.partner_id, line.program_id, line.currency, line.available_on, line.batch_id)
    is distinct from (earning.partner_id, earning.program_id, earning.currency, earning.available_on, earning.batch_id);
