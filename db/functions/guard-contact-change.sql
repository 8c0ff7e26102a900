-- Only an owner asks for another address of the partner. A change ends once, and is confirmed while its link is valid and while the person
-- who asked is still an owner.
create or replace function guard_contact_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.outcome is not null then
    raise exception 'contact change % refused: it has ended', old.id using errcode = 'restrict_violation';
  end if;
  if (tg_op = 'INSERT' or new.outcome = 'confirmed') and not owns_partner(new.asked_by, new.partner_id) then
    raise exception 'contact change % refused: only an owner of the partner asks for it', new.id using errcode = 'check_violation';
  end if;
  if new.outcome = 'confirmed' and new.expires_at <= now() then
    raise exception 'contact change % refused: its link is too old', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger contact_change_guarded before insert or update on contact_change for each row execute function guard_contact_change();
