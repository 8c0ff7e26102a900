-- Says whether the roles for which rows are read now reach a thing, such as `run/<id>`. It looks behind the wall itself: a thing that belongs
-- to several programs must not seem to belong to one of them alone.
create or replace function reaches_now(the_subject text) returns boolean language plpgsql stable
  security definer set search_path = public, pg_temp as $$
begin
  return reaches(own_programs(), own_payers(), the_subject);
end $$;
