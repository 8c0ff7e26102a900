-- A change of the place where money goes, or of the people who may change it, is told to every owner and to every address that the partner
-- had lately, because thieves change the address first. `besides` is an address that another mail tells.
drop function if exists tell_of_details(bigint, text, text, jsonb);
create or replace function tell_of_details(told_partner bigint, told_kind text, told_key text, facts jsonb, besides text default null)
returns void language sql as $$
  insert into notification(dedupe_key, kind, audience, partner_id, recipient, body, in_portal)
  select told_key || '/' || row_number() over (order by address), told_kind, 'partner', told_partner, address,
    jsonb_build_object('partner', partner.code) || facts, row_number() over (order by address) = 1
  from partner, (select distinct on (lower(address)) address from (
    -- A partner without an address reads it in the portal.
    select email as address from partner where id = told_partner
    union
    select address from earlier_addresses(told_partner)
    union
    select actor.email from role_grant held join actor on actor.id = held.actor_id
    where held.partner_id = told_partner and held.access = 'owner' and held.status = 'confirmed' and actor.email is not null
      and (held.expires_at is null or held.expires_at > now())
  ) known order by lower(address), address) addresses
  where partner.id = told_partner and (besides is null or lower(address) is distinct from lower(besides))
  on conflict (dedupe_key) do nothing;
$$;
