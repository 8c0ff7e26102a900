-- A change of the place where money goes is told to every address that the partner had lately, because thieves change the address first.
create or replace function tell_of_details(told_partner bigint, told_kind text, told_key text, facts jsonb) returns void language sql as $$
  insert into notification(dedupe_key, kind, audience, partner_id, recipient, body, in_portal)
  select told_key || '/' || row_number() over (order by address), told_kind, 'partner', told_partner, address,
    jsonb_build_object('partner', partner.code) || facts, row_number() over (order by address) = 1
  from partner, (
    -- A partner without an address reads it in the portal.
    select email as address from partner where id = told_partner
    union
    select recipient from notification
    where partner_id = told_partner and kind = 'email_changed' and recipient is not null and created_at > now() - interval '30 days'
  ) addresses
  where partner.id = told_partner
  on conflict (dedupe_key) do nothing;
$$;
