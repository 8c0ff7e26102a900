-- The people who may open the portal of a partner, the first one first. It reads people and sessions that nobody else may read behind the
-- wall of the portal, so it answers there about the partner's own people alone.
create or replace function partner_people(the_partner bigint) returns table(
  grant_id uuid,
  actor text,
  name text,
  email text,
  access text,
  since timestamptz,
  expires_at timestamptz,
  given_by text,
  is_in boolean,
  last_seen_at timestamptz
) language sql stable security definer set search_path = public, pg_temp as $$
  select held.id, actor.code, actor.name, actor.email, held.access, held.decided_at, held.expires_at, giver.code, holds_role(actor.id, 'partner'),
    (select max(seen_at) from session where session.actor_id = actor.id)
  from role_grant held join actor on actor.id = held.actor_id left join actor giver on giver.id = held.proposed_by
  where held.partner_id = the_partner and held.status = 'confirmed' and (held.expires_at is null or held.expires_at > now())
    and (nullif(current_setting('bursar.partners', true), '') is null
      or the_partner = any(current_setting('bursar.partners', true)::bigint[]))
  order by held.id
$$;
