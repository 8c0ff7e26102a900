-- The percentage of what a period earned that a run of a pay schedule takes back of a partner's older debt: their own cap, or that of the
-- schedule. Null where the debt is taken back in full, as it is from a partner who goes on in no program. A run keeps the caps with which it
-- began.
create or replace function max_recovery(the_partner bigint, the_schedule int, cutoff date, asking_run uuid) returns numeric
language sql stable as $$
  select percent from (
    select percent from (
      select distinct on (partner_id) partner_id, percent from recovery_cap
      where schedule_id = the_schedule and (partner_id = the_partner or partner_id is null)
        and recorded_at < coalesce((select created_at from payout_run where id = asking_run), 'infinity')
      order by partner_id, id desc
    ) cap where percent is not null
    order by partner_id limit 1 -- null comes last: the partner's own cap comes before that of the schedule
  ) cap where goes_on(the_partner, the_schedule, cutoff)
$$;
