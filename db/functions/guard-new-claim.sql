-- The claims against a fund that wait or were granted never come to more than the fund, and are of its partner and program. The code that adds
-- one locks the fund first, so that two at the same moment see each other.
create or replace function guard_new_claim() returns trigger language plpgsql as $$
declare pot fund;
begin
  select * into pot from fund where id = new.fund_id for update;
  if (pot.partner_id, pot.program_id, pot.currency) is distinct from (new.partner_id, new.program_id, new.currency)
     or pot.amount_minor < new.amount_minor + coalesce((
       select sum(claim.amount_minor) from fund_claim claim
       where claim.fund_id = new.fund_id and claim.status in ('review', 'granted')), 0) then
    raise exception 'claim % refused: it is not for this fund, or the fund has less left', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger new_claim_guarded before insert on fund_claim
  for each row when (new.fund_id is not null) execute function guard_new_claim();
