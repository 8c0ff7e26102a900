-- A lost passkey of a person who approves or gives roles is reported by one operator, and confirmed by another one.
create or replace function guard_passkey_loss() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if not holds_role(new.proposed_by, 'operator') then
      raise exception 'lost passkey % refused: only an operator reports it', new.id using errcode = 'check_violation';
    end if;
    if not new.needs_two and exists (
      select from role_grant where actor_id = new.actor_id and role in ('approver', 'operator') and status = 'confirmed'
        and (expires_at is null or expires_at > now())) then
      raise exception 'lost passkey % refused: two operators are needed', new.id using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if (new.id, new.actor_id, new.reason, new.needs_two, new.proposed_by, new.proposed_at, new.proposal_signature_id)
     is distinct from
     (old.id, old.actor_id, old.reason, old.needs_two, old.proposed_by, old.proposed_at, old.proposal_signature_id)
     or old.status <> 'proposed' or new.status = 'proposed' then
    raise exception 'lost passkey % refused: it is decided once', old.id using errcode = 'restrict_violation';
  end if;
  if new.status = 'confirmed' and not (holds_role(new.decided_by, 'operator') and holds_role(new.proposed_by, 'operator')) then
    raise exception 'lost passkey % refused: two operators are needed', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger passkey_loss_guarded before insert or update on passkey_loss
  for each row execute function guard_passkey_loss();
