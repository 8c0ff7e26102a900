-- 15. Two people convert points to money, and neither is paid by it, unless the unit lets partners convert alone.
select format('conversion %s is confirmed, but was proposed by %s and decided by %s', conversion.id, conversion.proposed_by,
  coalesce(conversion.decided_by::text, 'nobody')) as culprit
from conversion join unit on unit.code = conversion.unit
where conversion.status = 'confirmed' and case unit.conversion
  when 'by-partner' then conversion.decided_by is not null
  else conversion.decided_by is null or conversion.decided_by = conversion.proposed_by
    or exists (select from role_grant given
               where given.actor_id = conversion.decided_by and given.role = 'approver' and given.decided_at <= conversion.decided_at
                 and (given.revoked_at is null or given.revoked_at > conversion.decided_at)
                 and conversion.proposed_by in (given.proposed_by, given.decided_by))
    or exists (select from role_grant held
               where held.actor_id in (conversion.proposed_by, conversion.decided_by) and held.decided_at < conversion.decided_at
                 and held.partner_id = conversion.partner_id) end;
