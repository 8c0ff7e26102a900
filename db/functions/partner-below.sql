-- The code of a partner below, by whose part somebody earns. A partner above may know it, and nothing else of that partner, so it passes
-- the wall.
create or replace function partner_below(the_child bigint) returns text language sql stable security definer set search_path = public as $$
  select code from partner where id = the_child
$$;
