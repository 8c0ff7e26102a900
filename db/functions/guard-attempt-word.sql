-- No timer and no mistake of ours ends an unknown outcome. Only a provider's reply or a decision of two people does.
create or replace function guard_attempt_word() returns trigger language plpgsql as $$
begin
  if new.resolution_id is distinct from old.resolution_id and not exists (
    select from resolution where id = new.resolution_id and attempt_id = new.id and status = 'confirmed'
      and case outcome when 'paid' then new.state = 'settled' when 'not_paid' then new.state = 'failed'
          when 'returned' then new.state = 'returned' else new.state in (old.state, 'settled') end
  ) then
    raise exception 'attempt % refused: two people have not decided that it is %', old.id, new.state using errcode = 'check_violation';
  end if;
  if old.state in ('submitted', 'unknown') and new.state <> old.state
     and new.resolution_id is not distinct from old.resolution_id
     and (new.word is null or new.answered_at is not distinct from old.answered_at) then
    raise exception 'attempt % refused: neither its provider nor two people said that it is %', old.id, new.state
      using errcode = 'check_violation';
  end if;
  if new.returned_minor < old.returned_minor then
    raise exception 'attempt % refused: the amount that came back cannot fall', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

create or replace trigger attempt_word_guarded before update on payout_attempt for each row execute function guard_attempt_word();
