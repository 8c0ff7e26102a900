-- Says whether one person proposed or confirmed a role that another one holds.
create or replace function gave_role(giver uuid, the_actor uuid, the_role text) returns boolean language sql stable as $$
  select exists (
    select from role_grant given
    where given.actor_id = the_actor and given.role = the_role and given.status = 'confirmed'
      and giver in (given.proposed_by, given.decided_by))
$$;
