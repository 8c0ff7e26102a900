-- Only people sign in: a system has no passkey, no identity at a provider and no session.
create or replace function guard_sign_in() returns trigger language plpgsql as $$
begin
  if not is_person(new.actor_id) then
    raise exception '% refused: only people sign in', tg_table_name using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger passkey_of_a_person before insert on passkey for each row execute function guard_sign_in();
create or replace trigger identity_of_a_person before insert on identity for each row execute function guard_sign_in();
create or replace trigger session_of_a_person before insert on session for each row execute function guard_sign_in();
