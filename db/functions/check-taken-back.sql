-- Refunds and corrections never take back more than their event earned. Windows have their own check: what they earned is never below zero.
-- The lock on the event's earnings makes two refunds at the same moment see each other. Each event is looked at once for all its refunds.
create or replace function check_taken_back() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off as $$
declare offending bigint;
begin
  if not exists (select from added where origin_id <> event_id and scope_id is null) then
    return null;
  end if;
  perform from earning where (event_id, partner_id) in (
    select origin_id, partner_id from added where origin_id <> event_id and scope_id is null
  ) order by event_id, partner_id, n for no key update;
  select origin_id into offending from (
    select distinct origin_id, partner_id, child_id, currency from added where origin_id <> event_id and scope_id is null
  ) taken
  where (
    select sum(amount_minor) from (
      select amount_minor, currency, scope_id, child_id from earning
      where event_id = taken.origin_id and partner_id = taken.partner_id
      union all
      select amount_minor, currency, scope_id, child_id from earning
      where partner_id = taken.partner_id and origin_id = taken.origin_id and origin_id <> event_id
    ) all_of_it
    where currency = taken.currency and scope_id is null and child_id is not distinct from taken.child_id
  ) < 0
  limit 1;
  if found then
    raise exception 'earning of event % refused: it would take back more than was earned', offending
      using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger taken_back_within_earned after insert on earning referencing new table as added
  for each statement execute function check_taken_back();
