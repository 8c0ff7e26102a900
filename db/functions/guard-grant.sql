-- A role is given by two operators, of whom neither is the person who gets it, and both are people. A system never becomes an approver. The
-- server gives the first one, and the first operator alone may name the second one while nobody else ever held a key of an operator. The
-- access to a partner who was merged ends with the merge, which an approver confirms. The limits of a role never change: a wider role is a
-- new proposal.
create or replace function guard_grant() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'grant % refused: grants are never deleted', old.id using errcode = 'restrict_violation';
  end if;
  if tg_op = 'INSERT' then
    if new.status not in ('proposed', 'confirmed') or (new.status = 'confirmed' and not new.first_setup and new.role <> 'partner') then
      raise exception 'grant % refused: it must begin as proposed', new.id using errcode = 'check_violation';
    end if;
    if new.proposed_by is null and not (new.role = 'operator' and new.first_setup) then
      raise exception 'grant % refused: somebody must propose it', new.id using errcode = 'check_violation';
    end if;
    if new.proposed_by is not null and not holds_role(new.proposed_by, 'operator')
      and not (new.role = 'partner' and owns_partner(new.proposed_by, new.partner_id)) then
      raise exception 'grant % refused: only an operator proposes a role, or an owner of the partner its access', new.id using errcode = 'check_violation';
    end if;
    if exists (select from unnest(new.program_ids) named where not exists (select from program where id = named))
      or exists (select from unnest(new.payer_ids) named where not exists (select from payer where id = named)) then
      raise exception 'grant % refused: it is limited to something that does not exist', new.id using errcode = 'foreign_key_violation';
    end if;
    if new.role = 'approver' and not is_person(new.actor_id) then
      raise exception 'grant % refused: only a person approves', new.id using errcode = 'check_violation';
    end if;
    if new.first_setup and not is_person(new.actor_id) then
      raise exception 'grant % refused: the first operators are people', new.id using errcode = 'check_violation';
    end if;
    if new.proposed_by is not null and new.role <> 'partner' and not is_person(new.proposed_by) then
      raise exception 'grant % refused: only people give this role', new.id using errcode = 'check_violation';
    end if;
    if new.first_setup and new.proposed_by is not null and (
      exists (select from role_grant other
              where other.role = 'operator' and other.actor_id <> new.proposed_by and (
                exists (select from api_key key where key.grant_id = other.id)
                or exists (select from passkey where passkey.actor_id = other.actor_id)
                or exists (select from identity where identity.actor_id = other.actor_id)))
      or exists (select from role_grant other
                 where other.role = 'operator' and other.status = 'confirmed' and other.actor_id <> new.proposed_by)) then
      raise exception 'grant % refused: there is another operator, so two people are needed', new.id using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if (new.id, new.actor_id, new.role, new.partner_id, new.access, new.program_ids, new.payer_ids, new.first_setup, new.proposed_by, new.proposed_at, new.expires_at,
      new.proposal_signature_id)
     is distinct from
     (old.id, old.actor_id, old.role, old.partner_id, old.access, old.program_ids, old.payer_ids, old.first_setup, old.proposed_by, old.proposed_at, old.expires_at,
      old.proposal_signature_id)
     or old.status <> 'proposed' and (new.decided_by, new.decided_at, new.note, new.decision_signature_id)
        is distinct from (old.decided_by, old.decided_at, old.note, old.decision_signature_id)
     or (old.status, new.status) not in
        (('proposed', 'confirmed'), ('proposed', 'refused'), ('proposed', 'revoked'), ('confirmed', 'revoked')) then
    raise exception 'grant % refused: a grant is decided once, and revoked once', old.id using errcode = 'restrict_violation';
  end if;
  if old.role = 'partner' and new.status = 'revoked' and new.revoked_by is not null and not holds_role(new.revoked_by, 'operator')
    and not exists (select from partner where id = old.partner_id and merged_into is not null) then
    if not owns_partner(new.revoked_by, old.partner_id) then
      raise exception 'grant % refused: only an operator or an owner of the partner ends its access', old.id using errcode = 'check_violation';
    end if;
    if old.access = 'owner' and not exists (
      select from role_grant other
      where other.partner_id = old.partner_id and other.actor_id <> old.actor_id and owns_partner(other.actor_id, old.partner_id)) then
      raise exception 'grant % refused: it is the last owner of the partner', old.id using errcode = 'check_violation';
    end if;
  end if;
  if new.status in ('confirmed', 'refused') and not is_person(new.decided_by) then
    raise exception 'grant % refused: only people give this role', old.id using errcode = 'check_violation';
  end if;
  if new.status = 'confirmed' and not (holds_role(new.decided_by, 'operator') and holds_role(new.proposed_by, 'operator')) then
    raise exception 'grant % refused: two operators are needed', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger grant_guarded before insert or update or delete on role_grant for each row execute function guard_grant();
