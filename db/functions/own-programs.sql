-- The programs whose rows are read now, behind the wall of roles with limits. Null everywhere else.
create or replace function own_programs() returns int[] language sql stable as
  $$ select nullif(current_setting('bursar.programs', true), '')::int[] $$;
