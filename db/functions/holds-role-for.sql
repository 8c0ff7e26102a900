-- Says whether a person holds a role now that reaches a thing, such as `run/<id>`: without a limit, or with the programs or payers that the
-- thing belongs to.
create or replace function holds_role_for(the_actor uuid, the_role text, the_subject text) returns boolean language plpgsql stable as $$
declare
  programs int[];
  payers int[];
begin
  if holds_role(the_actor, the_role) then
    return true;
  end if;
  select array_agg(limited.program_id), array_agg(limited.payer_id) into programs, payers
  from role_grant held cross join unnest(held.program_ids, held.payer_ids) limited(program_id, payer_id)
  where held.actor_id = the_actor and held.role = the_role and held.status = 'confirmed'
    and (held.expires_at is null or held.expires_at > now()) and has_way_in(the_actor, held.id);
  return reaches(programs, payers, the_subject);
end $$;
