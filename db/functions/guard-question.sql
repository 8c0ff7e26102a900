-- A question moves as its statuses allow, and is reopened once. It is adjusted only by a confirmed correction.
create or replace function guard_question() returns trigger language plpgsql as $$
begin
  if (old.status, new.status) not in (
    ('open', 'asked_back'), ('open', 'adjusting'), ('open', 'answered'), ('open', 'closed'), ('asked_back', 'open'), ('asked_back', 'closed'),
    ('adjusting', 'open'), ('adjusting', 'adjusted'), ('answered', 'open'), ('adjusted', 'open'), ('closed', 'open')) then
    raise exception 'question % refused: it cannot go from % to %', old.id, old.status, new.status using errcode = 'restrict_violation';
  end if;
  if old.reopened_at is not null and (new.reopened_at is distinct from old.reopened_at or old.status in ('answered', 'adjusted', 'closed')) then
    raise exception 'question % refused: it was reopened once', old.id using errcode = 'restrict_violation';
  end if;
  if new.status = 'adjusted' and not exists (select from correction where id = new.correction_id and status = 'confirmed') then
    raise exception 'question % refused: no confirmed correction adjusts it', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger question_guarded before update on question for each row execute function guard_question();
