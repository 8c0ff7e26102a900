-- 15. Nobody approves a run that pays them, or in which they, or a person who gave them their role, had a hand.
select format('actor %s approved run %s, which pays them, or in which they or a person who gave them their role had a hand',
  approval.actor_id, approval.run_id) as culprit
from approval join payout_run run on run.id = approval.run_id and run.content_hash = approval.content_hash
where approval.decision = 'approve'
  and (exists (select from run_hands(run.id) hand
               where hand.since <= approval.at and (hand.actor_id = approval.actor_id
                 or exists (select from role_grant given
                            where given.actor_id = approval.actor_id and given.role = 'approver' and given.decided_at <= approval.at
                              and (given.revoked_at is null or given.revoked_at > approval.at)
                              and hand.actor_id in (given.proposed_by, given.decided_by))))
    or exists (select from payout join role_grant held on held.partner_id = payout.partner_id
               where payout.run_id = run.id and held.actor_id = approval.actor_id and held.decided_at < approval.at));
