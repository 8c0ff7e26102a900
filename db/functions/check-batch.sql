-- A batch equals its attempts, to the cent. The provider is asked for all of them together: none comes earlier, and none is left out.
create or replace function check_batch() returns trigger language plpgsql as $$
declare attempts int; total numeric; unasked int;
begin
  select count(*), coalesce(sum(amount_minor), 0), count(*) filter (where state = 'prepared') into attempts, total, unasked
  from payout_attempt where batch_id = new.id;
  if attempts <> new.item_count or total <> new.total_minor then
    raise exception 'batch % refused: its % attempts add up to %, but it says % attempts and %',
      new.id, attempts, total, new.item_count, new.total_minor using errcode = 'check_violation';
  end if;
  if new.state <> 'prepared' and unasked > 0 then
    raise exception 'batch % refused: it is %, but % of its attempts are still prepared', new.id, new.state, unasked
      using errcode = 'check_violation';
  end if;
  return null;
end $$;

drop trigger if exists batch_is_its_attempts on provider_batch;
create constraint trigger batch_is_its_attempts after insert or update of state on provider_batch deferrable initially deferred
  for each row execute function check_batch();
