-- One spelling for all addresses of a mailbox, as actor.mailbox and partner.mailbox have it.
create or replace function mailbox_of(address text) returns text language sql immutable as $$
  select case
    when split_part(lower(address), '@', 2) in ('gmail.com', 'googlemail.com')
      then replace(split_part(split_part(lower(address), '@', 1), '+', 1), '.', '') || '@gmail.com'
    else split_part(split_part(lower(address), '@', 1), '+', 1) || '@' || split_part(lower(address), '@', 2)
  end
$$;
