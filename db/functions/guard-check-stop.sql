create or replace function guard_check_stop() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.outcome is not null
     or (new.id, new.attempt_id, new.renews_id, new.requested_by, new.reason, new.requested_at)
        is distinct from (old.id, old.attempt_id, old.renews_id, old.requested_by, old.reason, old.requested_at) then
    raise exception 'stop % refused: the request and the bank''s reply never change', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

create or replace trigger check_stop_guarded before update or delete on check_stop for each row execute function guard_check_stop();
