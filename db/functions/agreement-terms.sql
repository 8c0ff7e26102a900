-- The terms of a partner in a program that are in effect (`agreement_terms_as_of`).
create or replace function agreement_terms(the_partner bigint, the_program int)
returns table(plan_id int, starts_on date, ends_on date) language sql stable as $$
  select * from agreement_terms_as_of(the_partner, the_program, 'infinity')
$$;
