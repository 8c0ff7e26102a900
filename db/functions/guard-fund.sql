-- A fund is what a granted request asked for.
create or replace function guard_fund() returns trigger language plpgsql as $$
begin
  if not exists (
    select from partner_request request
    where request.id = new.request_id and request.status = 'granted' and request.kind = 'development_funds'
      and (request.program_id, request.partner_id, request.currency, request.amount_minor, request.starts_on, request.ends_on)
        = (new.program_id, new.partner_id, new.currency, new.amount_minor, new.starts_on, new.ends_on)) then
    raise exception 'fund % refused: no granted request asked for it', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger fund_guarded before insert on fund for each row execute function guard_fund();
