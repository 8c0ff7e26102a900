-- A refund or a correction never takes back more than its event earned. Windows have their own check: what they earned is never below zero.
-- The lock on the event's earnings makes two refunds at the same moment see each other.
create or replace function check_taken_back() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare earned bigint;
begin
  perform from earning where event_id = new.origin_id and partner_id = new.partner_id order by n for no key update;
  select sum(amount_minor) into earned from (
    select amount_minor, currency, scope_id, child_id from earning where event_id = new.origin_id and partner_id = new.partner_id
    union all
    select amount_minor, currency, scope_id, child_id from earning
    where partner_id = new.partner_id and origin_id = new.origin_id and origin_id <> event_id
  ) all_of_it
  where currency = new.currency and scope_id is null and child_id is not distinct from new.child_id;
  if earned < 0 then
    raise exception 'earning of event % refused: it would take back more than was earned', new.origin_id
      using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger taken_back_within_earned after insert on earning
  for each row when (new.origin_id <> new.event_id and new.scope_id is null) execute function check_taken_back();
