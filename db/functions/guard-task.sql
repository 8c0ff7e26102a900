-- The question of a task and its decision never change.
create or replace function guard_task() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.closed_at is not null
     or (new.id, new.kind, new.subject, new.payout_id, new.opened_at)
        is distinct from (old.id, old.kind, old.subject, old.payout_id, old.opened_at) then
    raise exception 'task % refused: its question and its decision never change', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

create or replace trigger task_guarded before update or delete on task for each row execute function guard_task();
