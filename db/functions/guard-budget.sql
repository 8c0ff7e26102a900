-- A closed budget stays closed. Its amount never changes, and it pays nothing more: money only comes back to it.
create or replace function guard_budget() returns trigger language plpgsql as $$
begin
  raise exception 'budget % refused: it is closed', old.code using errcode = 'restrict_violation';
end $$;

create or replace trigger budget_guarded before update on budget for each row when (old.closed_at is not null and (
  new.used_minor > old.used_minor or (new.amount_minor, new.change_no, new.closed_at) is distinct from (old.amount_minor, old.change_no, old.closed_at)))
  execute function guard_budget();
