create or replace function guard_resolution() returns trigger language plpgsql as $$
begin
  if exists (select from payout where id = new.payout_id
             and partner_id in (select partner_id from partners_of(new.proposed_by) union select partner_id from partners_of(new.decided_by)))
  then
    raise exception 'resolution % refused: the payout pays the person who proposes or decides', new.id using errcode = 'check_violation';
  end if;
  if gave_role(new.proposed_by, new.decided_by, 'approver') then
    raise exception 'resolution % refused: its proposer gave the person who decides their role', new.id using errcode = 'check_violation';
  end if;
  if tg_op = 'INSERT' then
    if not exists (select from task where id = new.task_id and payout_id = new.payout_id and closed_at is null
                   and case when new.amount_minor is not null then kind = 'partial_return'
                       else kind in ('outcome_unknown', 'partial_return') end)
       or not exists (select from payout_attempt where id = new.attempt_id and payout_id = new.payout_id and state <> 'failed') then
      raise exception 'resolution % refused: no open task asks for it', new.id using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if (new.id, new.task_id, new.payout_id, new.attempt_id, new.outcome, new.amount_minor, new.evidence, new.reference, new.proposed_by,
      new.proposed_at, new.proposal_signature_id)
     is distinct from (old.id, old.task_id, old.payout_id, old.attempt_id, old.outcome, old.amount_minor, old.evidence, old.reference,
      old.proposed_by, old.proposed_at, old.proposal_signature_id)
     or old.decided_by is not null
        and (new.decided_by, new.decided_at, new.note, new.decision_signature_id)
            is distinct from (old.decided_by, old.decided_at, old.note, old.decision_signature_id)
     or old.status = new.status
     or not exists (select from resolution_edge where from_status = old.status and to_status = new.status) then
    raise exception 'resolution % refused: the proposal and the decision never change', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

create or replace trigger resolution_guarded before insert or update on resolution for each row execute function guard_resolution();
