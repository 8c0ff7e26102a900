create or replace function keep_attempt_history() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  by_people boolean := tg_op = 'UPDATE' and new.resolution_id is distinct from old.resolution_id;
  by_provider boolean := tg_op = 'UPDATE' and new.answered_at is distinct from old.answered_at;
begin
  insert into attempt_history(attempt_id, from_state, to_state, word, reason, evidence, said_by, resolution_id)
  values (new.id, case tg_op when 'UPDATE' then old.state end, new.state, new.word, new.reason, new.evidence,
    case when by_people then 'people' when by_provider then 'provider' else 'us' end,
    case when by_people then new.resolution_id end);
  return null;
end $$;

create or replace trigger attempt_born after insert on payout_attempt for each row execute function keep_attempt_history();

create or replace trigger attempt_changed after update on payout_attempt
  for each row when (new.state is distinct from old.state or new.word is distinct from old.word)
  execute function keep_attempt_history();
