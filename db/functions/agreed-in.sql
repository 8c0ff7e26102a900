-- Says whether a partner ever agreed to a plan of a program. Runs of its schedule judge such a partner, so a line there is never forgotten.
create or replace function agreed_in(the_partner bigint, the_program int) returns boolean language sql stable as $$
  select exists (select from agreement_term where partner_id = the_partner and program_id = the_program)
$$;
