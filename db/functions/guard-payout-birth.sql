create or replace function guard_payout_birth() returns trigger language plpgsql as $$
begin
  if not exists (select from payout_run where id = new.run_id and status = 'preparing') then
    raise exception 'payout % refused: its run is not in preparation, so it gains no more payouts', new.id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger payout_born_in_preparing before insert on payout for each row execute function guard_payout_birth();
