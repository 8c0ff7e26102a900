-- A deal keeps what was registered, and moves only forward. Only an approved review of it protects it, and for as long as that grants.
create or replace function guard_deal() returns trigger language plpgsql as $$
begin
  if (old.status, new.status) not in (
    ('review', 'review'), ('review', 'protected'), ('review', 'declined'), ('review', 'expired'), ('review', 'withdrawn'),
    ('protected', 'protected'), ('protected', 'expired'), ('protected', 'withdrawn'), ('protected', 'won'), ('protected', 'lost')) then
    raise exception 'deal % refused: it cannot go from % to %', old.id, old.status, new.status using errcode = 'restrict_violation';
  end if;
  if new.protected_until is distinct from old.protected_until and not exists (
    select from policy_review review where review.subject = 'deal' and review.subject_id = new.id and review.status = 'approved'
      and review.ask = case when old.status = 'review' then 'registration' else 'extension' end) then
    raise exception 'deal % refused: no approved review protects it', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger deal_guarded before update on deal for each row execute function guard_deal();
