-- The approval of a person who added payment details that the run pays to, or directed money to them, does not count, whatever key they hold: they are not a
-- second pair of eyes.
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
    if new.status = 'approved' and (
      select count(distinct actor_id) from approval
      where run_id = new.id and content_hash = new.content_hash and decision = 'approve'
        and actor_id is distinct from new.preparer_id
        and not exists (
          select from payout join instrument_version instrument on instrument.id = payout.instrument_version_id
          where payout.run_id = new.id and payout.status <> 'cancelled' and instrument.created_by = approval.actor_id)
        and not exists (
          select from payout join directed_by(approval.actor_id) directed on directed.instrument_id = payout.instrument_version_id
          where payout.run_id = new.id and payout.status <> 'cancelled')
    ) < (select approvals_required from pay_schedule where id = new.schedule_id) then
      raise exception 'run % refused: too few people approved this content, besides its preparer and the editors of its instruments',
        old.id using errcode = 'check_violation';
    end if;
  end if;
  return new;
end $$;

create or replace trigger run_guarded before update on payout_run for each row execute function guard_run();
