-- The facts about a partner that are in effect: the days of each value, as the latest row about them says. Days of one value that follow
-- each other are one fact. Without an end, a fact goes on.
create or replace function partner_facts(the_partner bigint)
returns table(key text, value text, starts_on date, ends_on date) language sql stable as $$
  select merged.key, merged.value, lower(period), upper(period)
  from (
    select fact.key, fact.value, range_agg(rest.days) as days
    from partner_fact fact
    cross join lateral (
      select datemultirange(daterange(fact.starts_on, fact.ends_on))
        - coalesce(range_agg(daterange(later.starts_on, later.ends_on)), '{}') as days
      from partner_fact later
      where later.partner_id = the_partner and later.key = fact.key and later.slot = fact.slot and later.id > fact.id
    ) rest
    where fact.partner_id = the_partner and fact.value is not null
    group by fact.key, fact.value
  ) merged
  cross join lateral unnest(merged.days) period
  order by 1, 2, 3
$$;
