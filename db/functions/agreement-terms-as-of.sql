-- The terms of a partner in a program that were in effect when only the records until an instant were known, oldest first: the plan of each
-- day, as the latest row about that day said. Days of one plan that follow each other are one term. Without an end, a term goes on.
create or replace function agreement_terms_as_of(the_partner bigint, the_program int, known_at timestamptz)
returns table(plan_id int, starts_on date, ends_on date) language sql stable as $$
  select merged.plan_id, lower(period), upper(period)
  from (
    select term.plan_id, range_agg(rest.days) as days
    from agreement_term term
    cross join lateral (
      select datemultirange(daterange(term.starts_on, term.ends_on))
        - coalesce(range_agg(daterange(later.starts_on, later.ends_on)), '{}') as days
      from agreement_term later
      where later.partner_id = the_partner and later.program_id = the_program and later.id > term.id and later.recorded_at <= known_at
    ) rest
    where term.partner_id = the_partner and term.program_id = the_program and term.plan_id is not null and term.recorded_at <= known_at
    group by term.plan_id
  ) merged
  cross join lateral unnest(merged.days) period
  order by lower(period)
$$;
