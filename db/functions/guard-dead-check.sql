-- A check that the bank acknowledged can be cashed until the bank says otherwise. A check that bounced can be presented again. So only
-- the bank's confirmed stop or void, kept as evidence, makes a check failed or returned. There is one exception. Two people may say
-- that money came back after the bank took it, because the paper is used up by then.
create or replace function guard_dead_check() returns trigger language plpgsql as $$
declare
  by_people boolean := new.state = 'returned' and old.debited_minor is not null
    and new.resolution_id is distinct from old.resolution_id;
begin
  if new.step::jsonb ->> 'acknowledgedAt' is not null and coalesce(new.evidence ->> 'bank', '') not in ('void', 'stopped')
     and not by_people then
    raise exception 'attempt % refused: its check can still be cashed, because the bank has confirmed neither a stop nor a void', new.id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger dead_check_guarded before update on payout_attempt
  for each row when (new.state in ('failed', 'returned') and old.state <> new.state and new.check_number is not null)
  execute function guard_dead_check();
