create or replace function guard_returned_funds() returns trigger language plpgsql as $$
begin
  if not exists (
    select from resolution join payout on payout.id = resolution.payout_id
    where resolution.id = new.resolution_id and resolution.outcome = 'credit_partner' and resolution.status in ('confirmed', 'applied')
      and (payout.partner_id, payout.currency, resolution.amount_minor) = (new.partner_id, new.currency, new.amount_minor)
  ) then
    raise exception 'line of returned funds refused: two people have not credited it to this partner' using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger returned_funds_decided before insert on earning_line
  for each row when (new.kind = 'returned_funds' and new.split_from is null) execute function guard_returned_funds();
