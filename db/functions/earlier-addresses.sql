-- The addresses that a partner had in the 60 days before a time, and when they changed. Details cool off for 60 days at most, so a thief
-- who changes the address first waits in vain: the one before is told of the details, too.
create or replace function earlier_addresses(the_partner bigint, until_then timestamptz default now())
returns table(address text, changed_at timestamptz) language sql stable as $$
  select recipient, created_at from notification
  where partner_id = the_partner and kind = 'email_changed' and recipient is not null
    and created_at > until_then - interval '60 days' and created_at <= until_then
$$;
