-- A draft follows what is owed while its run is in review. After that, its amounts and its instrument are frozen, and its status moves
-- along the edges of `payout_edge`. A payout that ends unpaid frees its lines in the same statement.
--
-- The check is one for each statement, because a run moves all of its payouts at once. Its plan must fit one payout and 100,000: the rows
-- before and after are joined by a hash, and everything else is looked up by a key.
create or replace function check_moved_payouts() returns trigger language plpgsql
set enable_seqscan = off set enable_nestloop = off as $$
declare offending record;
begin
  select moved.id, frozen.what, wrong.why into offending
  from after moved left join before was on was.id = moved.id
  cross join lateral (
    select case
      when (moved.id, moved.run_id, moved.partner_id, moved.currency, moved.replaces_id, moved.created_at)
        is distinct from (was.id, was.run_id, was.partner_id, was.currency, was.replaces_id, was.created_at)
        then 'its run and partner are frozen'
      when (moved.method, moved.gateway, moved.gross_minor, moved.withheld_minor, moved.fee_minor, moved.net_minor, moved.instrument_version_id)
        is distinct from
        (was.method, was.gateway, was.gross_minor, was.withheld_minor, was.fee_minor, was.net_minor, was.instrument_version_id)
        and not (was.status = 'draft' and moved.status = 'draft' and (select status from payout_run where id = moved.run_id) = 'review')
        then 'its amounts, partner and instrument are frozen'
    end as what
  ) frozen
  cross join lateral (
    select case
      when was.held_at is null and moved.held_at is not null
        and exists (select from payout_attempt where payout_id = moved.id and state not in ('prepared', 'failed'))
        then 'its provider was asked, so nobody can hold it'
      when was.cut_reason is null and moved.cut_reason is not null
        and exists (select from payout_attempt where payout_id = moved.id and state not in ('prepared', 'failed'))
        then 'its provider was asked, so nobody can take it out of its run'
      when moved.status = 'draft' and moved.gross_minor
        is distinct from (select sum(amount_minor) filter (where released_at is null) from payout_line where payout_id = moved.id)
        then 'its lines do not add up to its gross amount'
      when moved.status = was.status then null
      when not exists (select from payout_edge where from_status = was.status and to_status = moved.status)
        then format('%s cannot become %s', was.status, moved.status)
      when moved.status in ('failed', 'cancelled')
        and exists (select from payout_attempt where payout_id = moved.id and state <> 'failed')
        then format('it cannot become %s while an attempt can still pay', moved.status)
      when moved.status in ('settled', 'returned')
        and not exists (select from payout_attempt where payout_id = moved.id and state = moved.status)
        then format('none of its attempts is %s', moved.status)
      when moved.status = 'executing' and (select status from payout_run where id = moved.run_id) not in ('disbursing', 'paused')
        then 'its run is not disbursing'
      when moved.status = 'approved' and (select status from payout_run where id = moved.run_id) <> 'approved'
        then 'its run is not approved'
      when moved.status in ('failed', 'returned', 'cancelled')
        and (select count(*) filter (where released_at is null) from payout_line where payout_id = moved.id) > 0
        then format('it is %s, but still holds lines', moved.status)
    end as why
  ) wrong
  where num_nonnulls(frozen.what, wrong.why) > 0 limit 1;
  if found then
    raise exception 'payout % refused: %', offending.id, coalesce(offending.what, offending.why)
      using errcode = case when offending.what is null then 'check_violation' else 'restrict_violation' end;
  end if;
  return null;
end $$;

create or replace trigger payout_moves_rightly after update on payout referencing old table as before new table as after
  for each statement execute function check_moved_payouts();
