-- 15. A run pays only content that enough people have approved, signed where its schedule requires, who were approvers for its payer then, and without its preparer.
select format('run %s is %s with %s approvals of its content', run.id, run.status, count(distinct approval.actor_id)) as culprit
from payout_run run
join pay_schedule schedule on schedule.id = run.schedule_id
left join approval on approval.run_id = run.id and approval.content_hash = run.content_hash and approval.decision = 'approve'
  and (approval.signature_id is not null or not schedule.signed_approvals)
  and approval.actor_id is distinct from run.preparer_id
  and exists (select from role_grant held
              where held.actor_id = approval.actor_id and held.role = 'approver' and held.decided_at <= approval.at
                and (held.revoked_at is null or held.revoked_at > approval.at)
                and (num_nonnulls(held.program_ids, held.payer_ids) = 0 or schedule.payer_id = any(held.payer_ids)))
where run.status in ('approved', 'disbursing', 'paused', 'disbursed') and exists (select from payout where run_id = run.id and status <> 'cancelled')
group by run.id, schedule.id having count(distinct approval.actor_id) < schedule.approvals_required;
