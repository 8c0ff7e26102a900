-- A refund or a correction never takes back more than its event earned. Windows have their own check: what they earned is never below zero.
-- The lock on the event's earnings makes two refunds at the same moment see each other.
create or replace function check_taken_back() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare offending text;
begin
  if not exists (select from added where origin_id <> event_id and scope_id is null) then
    return null;
  end if;
  perform from earning where (event_id, partner_id) in (
    select origin_id, partner_id from added where origin_id <> event_id and scope_id is null)
  order by event_id, partner_id, n for no key update;
  select format('event %s', changed.origin_id) into offending
  from (select distinct origin_id, partner_id, currency from added where origin_id <> event_id and scope_id is null) changed
  cross join lateral (
    select sum(amount_minor) as minor from (
      select amount_minor, currency, scope_id from earning
      where event_id = changed.origin_id and partner_id = changed.partner_id
      union all
      select amount_minor, currency, scope_id from earning
      where partner_id = changed.partner_id and origin_id = changed.origin_id and origin_id <> event_id
    ) all_of_it
    where currency = changed.currency and scope_id is null
  ) earned
  where earned.minor < 0
  limit 1;
  if found then
    raise exception 'earning of % refused: it would take back more than was earned', offending using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger taken_back_within_earned after insert on earning referencing new table as added
  for each statement execute function check_taken_back();
