-- 15. Nobody approves a run that pays them, that they changed, or that pays to details that they added.
select format('actor %s approved run %s, which pays them, was changed by them, or pays to details that they added',
  approval.actor_id, approval.run_id) as culprit
from approval
where approval.decision = 'approve'
  and (exists (select from run_edit where run_id = approval.run_id and actor_id = approval.actor_id and at < approval.at)
    or exists (select from payout join role_grant held on held.partner_id = payout.partner_id
               where payout.run_id = approval.run_id and held.actor_id = approval.actor_id and held.decided_at < approval.at)
    or exists (select from payout join instrument_version instrument on instrument.id = payout.instrument_version_id
               where payout.run_id = approval.run_id and payout.status <> 'cancelled' and instrument.created_by = approval.actor_id)
    or exists (select from payout
               join directed_by(approval.actor_id, approval.at) directed on directed.instrument_id = payout.instrument_version_id
               where payout.run_id = approval.run_id and payout.status <> 'cancelled'));
