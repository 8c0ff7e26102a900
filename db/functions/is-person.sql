-- Says whether an actor is a person. A system decides nothing, alone or as one of two people.
create or replace function is_person(the_actor uuid) returns boolean language sql stable as $$
  select exists (select from actor where id = the_actor and kind = 'person')
$$;
