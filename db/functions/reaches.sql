-- Says whether a role that is limited to these programs and payers reaches a thing: everything that the thing belongs to is among them.
create or replace function reaches(the_programs int[], the_payers int[], the_subject text) returns boolean language plpgsql stable as $$
begin
  return (
    select coalesce(bool_and(coalesce(owner.program_id = any(the_programs), false) or coalesce(owner.payer_id = any(the_payers), false)), false)
    from belongs_to(the_subject) owner);
end $$;
