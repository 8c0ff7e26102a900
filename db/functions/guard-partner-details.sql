-- The hands of a partner are those of its owners: a person who only reads gives no payout details.
create or replace function guard_partner_details() returns trigger language plpgsql as $$
begin
  if new.given_by = 'partner' and not owns_partner(new.created_by, new.partner_id) then
    raise exception 'instrument % refused: only an owner of the partner gives details for it', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger details_guarded before insert on instrument_version for each row execute function guard_partner_details();
