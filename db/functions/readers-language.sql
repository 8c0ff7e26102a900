-- The language of the mail to an address: the one that its reader chose, or else the one that the people of its partner chose, if they agree.
create or replace function readers_language(address text, the_partner bigint) returns text language sql stable as $$
  select coalesce(
    (select actor.language from actor where actor.mailbox = mailbox_of(address)),
    (select min(actor.language) from role_grant held join actor on actor.id = held.actor_id
      where held.partner_id = the_partner and held.status = 'confirmed' and (held.expires_at is null or held.expires_at > now())
      having min(actor.language) = max(actor.language)),
    'en')
$$;
