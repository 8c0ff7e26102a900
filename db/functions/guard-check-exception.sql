create or replace function guard_check_exception() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.outcome is not null
     or (new.id, new.check_account_id, new.bank_ref, new.number, new.currency, new.amount_minor, new.reason, new.presented_at,
         new.decide_by)
        is distinct from
        (old.id, old.check_account_id, old.bank_ref, old.number, old.currency, old.amount_minor, old.reason, old.presented_at,
         old.decide_by)
     or old.decision is not null
        and (new.decision, new.decided_by, new.decided_because, new.decided_at)
            is distinct from (old.decision, old.decided_by, old.decided_because, old.decided_at) then
    raise exception 'exception % refused: the bank''s question and the decision never change', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

create or replace trigger check_exception_guarded before update or delete on check_exception
  for each row execute function guard_check_exception();
