-- Counts the people whose approval of a run's content counts now. Each holds the role approver for it at this moment. Neither they nor the people
-- who gave them that role had a hand in the run before the approval, and the run does not pay them. If its schedule asks for signed
-- approvals, then others do not count.
create or replace function approvals_that_count(the_run uuid, the_hash bytea) returns bigint language plpgsql stable as $$
begin
  return (
    with hand as materialized (select * from run_hands(the_run))
    select count(distinct approval.actor_id) from approval
    where approval.run_id = the_run and approval.content_hash = the_hash and approval.decision = 'approve'
      and holds_role_for(approval.actor_id, 'approver', 'run/' || the_run)
      and (approval.signature_id is not null or not exists (
        select from payout_run run join pay_schedule schedule on schedule.id = run.schedule_id
        where run.id = the_run and schedule.signed_approvals))
      and not exists (
        select from hand
        where hand.since <= approval.at
          and (hand.actor_id = approval.actor_id or gave_role(hand.actor_id, approval.actor_id, 'approver')))
      and not exists (
        select from payout join partners_of(approval.actor_id) own on own.partner_id = payout.partner_id
        where payout.run_id = the_run and payout.status <> 'cancelled'));
end $$;
