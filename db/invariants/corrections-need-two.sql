-- 15. Two people correct a balance, and neither is paid by it. A task asks for a decision until there is one.
select format('correction %s is %s, but was decided by %s, who had a hand in it', correction.id, correction.status,
  correction.decided_by) as culprit
from correction
where correction.status = 'confirmed' and (
  correction.decided_by is not distinct from correction.proposed_by
  or exists (select from role_grant given
             where given.actor_id = correction.decided_by and given.role = 'approver' and given.decided_at <= correction.decided_at
               and (given.revoked_at is null or given.revoked_at > correction.decided_at)
               and correction.proposed_by in (given.proposed_by, given.decided_by))
  or exists (select from role_grant held
             where held.actor_id in (correction.proposed_by, correction.decided_by) and held.decided_at < correction.decided_at
               and (held.partner_id in (correction.merged_id, correction.into_id) or held.partner_id in (
                 select item.partner_id from correction_item item where item.correction_id = correction.id))));
