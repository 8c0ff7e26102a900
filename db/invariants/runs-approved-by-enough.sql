-- 15. A run pays only content that enough people have approved, as its schedule requires and without its preparer.
select format('run %s is %s with %s approvals of its content', run.id, run.status, count(distinct approval.actor_id)) as culprit
from payout_run run
join pay_schedule schedule on schedule.id = run.schedule_id
left join approval on approval.run_id = run.id and approval.content_hash = run.content_hash and approval.decision = 'approve'
  and approval.actor_id is distinct from run.preparer_id
where run.status in ('approved', 'disbursing', 'paused', 'disbursed') and exists (select from payout where run_id = run.id and status <> 'cancelled')
group by run.id, schedule.id having count(distinct approval.actor_id) < schedule.approvals_required;
