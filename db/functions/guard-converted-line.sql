-- A line of converted points has the partner, program, currency and amount of a confirmed conversion.
create or replace function guard_converted_line() returns trigger language plpgsql as $$
begin
  if not exists (
    select from conversion join unit on unit.code = conversion.unit
    where conversion.id = new.conversion_id and conversion.status = 'confirmed' and new.kind = 'converted'
      and (conversion.partner_id, unit.program_id, conversion.currency, conversion.amount_minor)
        = (new.partner_id, new.program_id, new.currency, new.amount_minor)
  ) then
    raise exception 'line of conversion % refused: it was not confirmed like this', new.conversion_id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger converted_line_guarded before insert on earning_line
  for each row when (new.conversion_id is not null and new.split_from is null) execute function guard_converted_line();
