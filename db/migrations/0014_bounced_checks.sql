-- Up Migration

-- A check that bounced can be presented again, and the bank would pay it. So it counts as returned only where the bank's word makes it
-- worthless, as it counts as failed. Two people may say that money came back which the bank had taken: then the paper is used up.
create or replace function guard_dead_check() returns trigger language plpgsql as $$
declare
  by_people boolean := new.state = 'returned' and old.debited_minor is not null and new.resolution_id is distinct from old.resolution_id;
begin
  if new.step::jsonb ->> 'acknowledgedAt' is not null and coalesce(new.evidence ->> 'bank', '') not in ('void', 'stopped')
     and not by_people then
    raise exception 'attempt % refused: its check is not proved dead, the bank has confirmed neither a stop nor a void', new.id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
drop trigger dead_check_guarded on payout_attempt;
create trigger dead_check_guarded before update on payout_attempt
  for each row when (new.state in ('failed', 'returned') and old.state <> new.state and new.check_number is not null)
  execute function guard_dead_check();
