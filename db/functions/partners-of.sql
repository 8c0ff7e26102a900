-- The partners through whom a person may be paid: those whose access they were ever given, and those who are reached at their mailbox.
create or replace function partners_of(the_actor uuid) returns table(partner_id bigint) language sql stable as $$
  select held.partner_id from role_grant held
  where held.actor_id = the_actor and held.partner_id is not null and held.status in ('confirmed', 'revoked') and held.decided_at is not null
  union
  select partner.id from partner join actor on actor.mailbox = partner.mailbox where actor.id = the_actor
$$;
