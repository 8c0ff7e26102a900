-- The facts about a partner that are in effect: the days of each value, as the latest row about them says. Days of one value that follow
-- each other are one fact. Without an end, a fact goes on.
create or replace function partner_facts(the_partner bigint)
returns table(key text, value text, starts_on date, ends_on date) language sql stable as $$
  select merged.key, merged.value, lower(period), upper(period)
  from (
    select rest.key, rest.value, range_agg(rest.days) as days
    from (
      select fact.key, fact.value,
        datemultirange(daterange(fact.starts_on, fact.ends_on)) - coalesce(range_agg(daterange(fact.starts_on, fact.ends_on)) over later, '{}')
          as days
      from partner_fact fact
      where fact.partner_id = the_partner
      window later as (partition by fact.key, fact.slot order by fact.id desc rows between unbounded preceding and 1 preceding)
    ) rest
    where rest.value is not null
    group by rest.key, rest.value
  ) merged
  cross join lateral unnest(merged.days) period
  order by 1, 2, 3
$$;
