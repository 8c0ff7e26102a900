-- A proposal has its items from the beginning, and none is added once it is decided. Only a merge gets its items when it is booked, from
-- one of its two partners to the other. Nobody proposes a correction of what they are paid.
create or replace function guard_correction_item() returns trigger language plpgsql as $$
declare about correction;
begin
  select * into about from correction where id = new.correction_id;
  if about.kind = 'merge' then
    if about.status <> 'confirmed' or new.partner_id not in (about.merged_id, about.into_id) then
      raise exception 'item of correction % refused: two people have not merged this partner', new.correction_id
        using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if about.status <> 'proposed' then
    raise exception 'item of correction % refused: it was decided', new.correction_id using errcode = 'check_violation';
  end if;
  if about.kind = 'credit' and new.amount_minor < 0 or about.kind = 'deduction' and new.amount_minor > 0
     or about.kind <> 'batch' and new.item_no > (case about.kind when 'transfer' then 2 else 1 end) then
    raise exception 'item of correction % refused: it does not fit its kind', new.correction_id using errcode = 'check_violation';
  end if;
  if new.partner_id in (select partner_id from partners_of(about.proposed_by)) then
    raise exception 'item of correction % refused: it pays the person who proposes it', new.correction_id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger correction_item_guarded before insert on correction_item for each row execute function guard_correction_item();
