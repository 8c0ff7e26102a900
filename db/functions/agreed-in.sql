-- Says whether the runs of a program's schedule judge a partner there: the partner ever agreed to a plan of it, or earned there as a partner
-- above others. A line of such a partner is never forgotten.
create or replace function agreed_in(the_partner bigint, the_program int) returns boolean language sql stable as $$
  select exists (select from agreement_term where partner_id = the_partner and program_id = the_program)
    or exists (select from earning_line where partner_id = the_partner and program_id = the_program)
$$;
