-- A correction is decided once, by somebody else, and by nobody whose role its proposer gave. It pays neither of the two people.
create or replace function guard_correction() returns trigger language plpgsql as $$
begin
  if (new.id, new.kind, new.reason, new.reference, new.hands, new.merged_id, new.into_id, new.proposed_by, new.proposed_at,
      new.proposal_signature_id)
     is distinct from
     (old.id, old.kind, old.reason, old.reference, old.hands, old.merged_id, old.into_id, old.proposed_by, old.proposed_at,
      old.proposal_signature_id)
     or old.status <> 'proposed' or new.status = 'proposed' then
    raise exception 'correction % refused: a proposal never changes, and is decided once', old.id using errcode = 'restrict_violation';
  end if;
  if new.status = 'confirmed' and (gave_role(new.proposed_by, new.decided_by, 'approver') or exists (
    select from (select partner_id from partners_of(new.decided_by) union select partner_id from partners_of(new.proposed_by)) own
    where own.partner_id in (new.merged_id, new.into_id)
      or own.partner_id in (select item.partner_id from correction_item item where item.correction_id = new.id))) then
    raise exception 'correction % refused: its proposer gave the person who decides their role, or it pays one of them', new.id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger correction_guarded before update on correction for each row execute function guard_correction();
