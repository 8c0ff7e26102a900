create or replace function guard_replacement() returns trigger language plpgsql as $$
begin
  if (select replaces_id from payout_run where id = new.run_id) is distinct from new.replaces_id then
    raise exception 'payout % refused: it must replace the payout that its run replaces', new.id using errcode = 'check_violation';
  end if;
  if new.replaces_id is not null
     and not exists (select from payout where id = new.replaces_id and status in ('failed', 'returned')) then
    raise exception 'payout % refused: payout % can still pay', new.id, new.replaces_id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger replacement_guarded before insert on payout for each row execute function guard_replacement();
