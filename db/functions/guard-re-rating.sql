-- A re-rating is decided once, by somebody else, by nobody who wrote its terms or whose role its proposer gave. It pays neither of the two.
create or replace function guard_re_rating() returns trigger language plpgsql as $$
begin
  if (new.id, new.program_id, new.partner_id, new.from_day, new.until_day, new.reason, new.proposed_by, new.proposed_at,
      new.proposal_signature_id)
     is distinct from
     (old.id, old.program_id, old.partner_id, old.from_day, old.until_day, old.reason, old.proposed_by, old.proposed_at,
      old.proposal_signature_id)
     or (old.status <> 'preparing' and (new.prepared_to, new.made_by) is distinct from (old.prepared_to, old.made_by))
     or (old.decided_by is not null and (new.decided_by, new.decided_at, new.note, new.decision_signature_id)
       is distinct from (old.decided_by, old.decided_at, old.note, old.decision_signature_id))
     or (old.status, new.status) not in (('preparing', 'preparing'), ('preparing', 'proposed'), ('preparing', 'refused'), ('proposed', 'confirmed'),
       ('proposed', 'declined'), ('confirmed', 'done')) then
    raise exception 're-rating % refused: a proposal never changes, and is decided once', old.id using errcode = 'restrict_violation';
  end if;
  if new.status = 'confirmed' and (new.decided_by = any(new.made_by) or gave_role(new.proposed_by, new.decided_by, 'approver') or exists (
    select from (select partner_id from partners_of(new.decided_by) union select partner_id from partners_of(new.proposed_by)) own
    join re_rating_item item on item.re_rating_id = new.id and item.partner_id = own.partner_id)) then
    raise exception 're-rating % refused: the person who decides had a hand in it, or it pays one of the two', new.id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger re_rating_guarded before update on re_rating for each row execute function guard_re_rating();
