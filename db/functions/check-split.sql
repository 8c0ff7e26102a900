-- A line can be split only while it is in no live payout, and its parts add up to it.
create or replace function check_split() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare whole earning_line;
begin
  select * into whole from earning_line where id = new.split_from for update;
  if (select sum(amount_minor) from earning_line where split_from = whole.id) is distinct from whole.amount_minor then
    raise exception 'split of line % refused: the parts do not add up to the whole', whole.id using errcode = 'check_violation';
  end if;
  if (whole.partner_id, whole.program_id, whole.currency, whole.available_on)
     is distinct from (new.partner_id, new.program_id, new.currency, new.available_on) then
    raise exception 'split of line % refused: a part must keep the partner, program, currency and release day', whole.id
      using errcode = 'check_violation';
  end if;
  if exists (select from payout_line where earning_line_id = whole.id and taken) then
    raise exception 'split of line % refused: it is in a payout', whole.id using errcode = 'check_violation';
  end if;
  return null;
end $$;

drop trigger if exists parts_make_the_whole on earning_line;
create constraint trigger parts_make_the_whole after insert on earning_line deferrable initially deferred
  for each row when (new.split_from is not null) execute function check_split();
