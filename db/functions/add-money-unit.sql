-- Every currency is a unit, too, so that earnings and the ledger name money and points in one column.
create or replace function add_money_unit() returns trigger language plpgsql as $$
begin
  insert into unit(code, exponent) values (new.code, new.exponent);
  return null;
end $$;

create or replace trigger money_is_a_unit after insert on currency for each row execute function add_money_unit();
