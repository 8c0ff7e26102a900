-- The partners through whom a person may be paid: those whose access they were ever given, those who are reached at their mailbox, and
-- those who were merged with one of these.
create or replace function partners_of(the_actor uuid) returns table(partner_id bigint) language sql stable as $$
  with own as (
    select held.partner_id as id from role_grant held
    where held.actor_id = the_actor and held.partner_id is not null and held.status in ('confirmed', 'revoked') and held.decided_at is not null
    union
    select partner.id from partner join actor on actor.mailbox = partner.mailbox where actor.id = the_actor
  ), survivor as (
    select coalesce(partner.merged_into, partner.id) as id from own join partner on partner.id = own.id
  )
  select own.id from own
  union
  select survivor.id from survivor
  union
  select gone.id from partner gone where gone.merged_into = any(array(select id from survivor))
$$;
