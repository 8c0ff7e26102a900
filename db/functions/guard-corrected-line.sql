create or replace function guard_corrected_line() returns trigger language plpgsql as $$
begin
  if not exists (
    select from correction join correction_item item on item.correction_id = correction.id
    where correction.id = new.correction_id and item.item_no = new.correction_item and correction.status = 'confirmed'
      and new.kind = case correction.kind when 'transfer' then 'transferred' when 'merge' then 'transferred'
        when 'write_off' then 'written_off' else 'adjusted' end
      and (item.partner_id, item.program_id, item.currency, item.amount_minor, item.available_on)
        = (new.partner_id, new.program_id, new.currency, new.amount_minor, new.available_on)
  ) then
    raise exception 'line of a correction refused: two people have not confirmed it' using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger correction_confirmed before insert on earning_line
  for each row when (new.correction_id is not null and new.split_from is null) execute function guard_corrected_line();
