-- A reversal never adds, and all reversals of one earning together never take back more than it earned. The lock on the sale makes two
-- refunds at the same moment see each other.
create or replace function check_reversals() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare offending text;
begin
  perform from earning sale
  where (sale.source, sale.source_id, sale.incentive_id)
    in (select source, reverses, incentive_id from added where reverses is not null)
  order by sale.source, sale.source_id, sale.incentive_id for no key update;
  select sale.source || '/' || sale.source_id into offending
  from (select distinct source, reverses, incentive_id from added where reverses is not null) reversed
  join earning sale
    on sale.source = reversed.source and sale.source_id = reversed.reverses and sale.incentive_id = reversed.incentive_id
  cross join lateral (
    select sum(amount_minor) as minor, bool_or(amount_minor * sign(sale.amount_minor) > 0) as adds
    from earning back where back.source = sale.source and back.reverses = sale.source_id and back.incentive_id = sale.incentive_id
  ) back
  where back.adds or abs(back.minor) > abs(sale.amount_minor)
  limit 1;
  if found then
    raise exception 'reversal of % refused: it would take back more than was earned', offending using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger reversals_within_earned after insert on earning referencing new table as added
  for each statement execute function check_reversals();
