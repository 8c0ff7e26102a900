-- Says whether a partner goes on in a program of a pay schedule: whether one of their terms covers the day that begins at a cut-off, or a
-- later one, or they are then above another partner. A partner who does not go on is paid their last balance, however small it is. The latest row about a partner in a program is
-- always in effect, so most answers need that row alone.
create or replace function goes_on(the_partner bigint, the_schedule int, cutoff date) returns boolean language sql stable as $$
  select exists (
    select from program cross join lateral (
      select * from agreement_term where partner_id = the_partner and program_id = program.id order by id desc limit 1
    ) latest
    where program.schedule_id = the_schedule and latest.plan_id is not null and (latest.ends_on is null or latest.ends_on > cutoff)
  ) or exists (
    select from program cross join lateral agreement_terms(the_partner, program.id) term
    where program.schedule_id = the_schedule and (term.ends_on is null or term.ends_on > cutoff)
  ) or exists (
    select from (select distinct partner_id from partner_parent where parent_id = the_partner) child
    cross join lateral direct_parents(child.partner_id) above
    where above.parent_id = the_partner and (above.ends_on is null or above.ends_on > cutoff)
  )
$$;
