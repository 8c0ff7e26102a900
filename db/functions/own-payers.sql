-- The payers whose rows are read now, behind the wall of roles with limits. Null everywhere else.
create or replace function own_payers() returns int[] language sql stable as
  $$ select nullif(current_setting('bursar.payers', true), '')::int[] $$;
