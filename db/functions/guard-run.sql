-- A run is approved, and begins to pay, only with enough approvals that count at that moment. A person who had a hand in it is not a
-- second pair of eyes, whatever key they hold.
create or replace function guard_run() returns trigger language plpgsql as $$
begin
  if (new.id, new.schedule_id, new.kind, new.period_start, new.period_end, new.redo, new.cutoff_at, new.preparer_id)
     is distinct from
     (old.id, old.schedule_id, old.kind, old.period_start, old.period_end, old.redo, old.cutoff_at, old.preparer_id) then
    raise exception 'run % refused: its schedule, kind, period, cut-off and preparer never change', old.id
      using errcode = 'restrict_violation';
  end if;
  if new.content_hash is distinct from old.content_hash and old.status not in ('preparing', 'review') then
    raise exception 'run % refused: its content is closed after review', old.id using errcode = 'restrict_violation';
  end if;
  if new.status is distinct from old.status then
    if not exists (select from run_edge where from_status = old.status and to_status = new.status) then
      raise exception 'run % refused: % cannot become %', old.id, old.status, new.status using errcode = 'check_violation';
    end if;
    if (new.status = 'approved' or old.status = 'approved' and new.status = 'disbursing')
       and approvals_that_count(new.id, new.content_hash) < (select approvals_required from pay_schedule where id = new.schedule_id) then
      raise exception 'run % refused: too few people who had no hand in it approved this content', old.id using errcode = 'check_violation';
    end if;
  end if;
  return new;
end $$;

create or replace trigger run_guarded before update on payout_run for each row execute function guard_run();
