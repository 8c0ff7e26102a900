-- The parents of a partner that are in effect: the days of each one, as the latest row about them says. Days of one parent that follow each
-- other are one row. Without an end, it goes on.
create or replace function direct_parents(the_partner bigint)
returns table(parent_id bigint, starts_on date, ends_on date) language sql stable as $$
  select merged.parent_id, lower(period), upper(period)
  from (
    select rest.parent_id, range_agg(rest.days) as days
    from (
      select record.parent_id,
        datemultirange(daterange(record.starts_on, record.ends_on)) - coalesce(range_agg(daterange(record.starts_on, record.ends_on)) over later, '{}')
          as days
      from partner_parent record
      where record.partner_id = the_partner
      window later as (order by record.id desc rows between unbounded preceding and 1 preceding)
    ) rest
    where rest.parent_id is not null
    group by rest.parent_id
  ) merged
  cross join lateral unnest(merged.days) period
  order by 2
$$;
