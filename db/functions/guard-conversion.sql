-- A conversion is decided once, by somebody else, and by nobody whose role its proposer gave. It pays neither of the two people. A partner
-- alone converts only where the unit says so, and only own points.
create or replace function guard_conversion() returns trigger language plpgsql as $$
declare way text;
begin
  if tg_op = 'INSERT' then
    select conversion into way from unit where code = new.unit;
    if way is distinct from (case new.status when 'confirmed' then 'by-partner' else 'by-staff' end) or new.decided_by is not null
       or new.status = 'refused'
       or (new.status = 'confirmed') is distinct from (new.partner_id in (select partner_id from partners_of(new.proposed_by))) then
      raise exception 'conversion % refused: its unit is not converted by this person', new.id using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if (new.id, new.partner_id, new.unit, new.asked_minor, new.points_minor, new.rate_id, new.currency, new.amount_minor, new.reason,
      new.proposed_by, new.proposed_at, new.proposal_signature_id)
     is distinct from
     (old.id, old.partner_id, old.unit, old.asked_minor, old.points_minor, old.rate_id, old.currency, old.amount_minor, old.reason,
      old.proposed_by, old.proposed_at, old.proposal_signature_id)
     or old.status <> 'proposed' or new.status = 'proposed' or new.decided_by is null then
    raise exception 'conversion % refused: a proposal never changes, and a person decides it once', old.id using errcode = 'restrict_violation';
  end if;
  if new.status = 'confirmed' and (gave_role(new.proposed_by, new.decided_by, 'approver') or new.partner_id in (
    select partner_id from partners_of(new.decided_by) union select partner_id from partners_of(new.proposed_by))) then
    raise exception 'conversion % refused: its proposer gave the person who decides their role, or it pays one of them', new.id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger conversion_guarded before insert or update on conversion for each row execute function guard_conversion();
