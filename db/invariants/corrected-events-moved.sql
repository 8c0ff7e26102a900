-- 5. An event counts only for the partners of its last revision and those above them, once it is worked out.
with last as (
  select distinct on (source, source_id) id, source, source_id, partner_id from event where revision > 1
  order by source, source_id, revision desc
)
select format('event %s/%s still counts for partner %s, whom a correction took it from', last.source, last.source_id,
  earning.partner_id) as culprit
from last join event revision on revision.source = last.source and revision.source_id = last.source_id
join earning on earning.origin_id = revision.id
where case when earning.child_id is null then earning.partner_id <> last.partner_id
    and not exists (select from event_share share where share.event_id = last.id and share.partner_id = earning.partner_id)
  else not exists (
    select from event_ancestor above
    where (above.event_id, above.child_id, above.partner_id) = (last.id, earning.child_id, earning.partner_id) and above.level is not null) end
  and not exists (
    select from event pending join event_due due on due.event_id = pending.id
      and due.partner_id in (earning.partner_id, earning.child_id)
    where pending.source = last.source and (pending.source_id = last.source_id or pending.about = last.source_id))
group by last.source, last.source_id, earning.partner_id, earning.child_id, earning.incentive_id, earning.scope_id
having sum(earning.volume) <> 0 or sum(earning.of_amount) <> 0 or sum(earning.base) <> 0
  or (earning.scope_id is null and sum(earning.amount_minor) <> 0);
