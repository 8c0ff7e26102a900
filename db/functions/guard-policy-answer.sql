-- An answer comes from a person, and not from a system, who has the role, and who is independent: they did not ask, the partner does not pay them, and nobody who
-- asked or answered before gave them the role.
create or replace function guard_policy_answer() returns trigger language plpgsql as $$
declare about policy_review;
begin
  select * into about from policy_review where id = new.review_id for update;
  if about.status <> 'waiting' or about.stage <> new.stage then
    raise exception 'answer to review % refused: it does not wait in stage %', new.review_id, new.stage using errcode = 'check_violation';
  end if;
  if new.role <> about.rule -> 'stages' -> (new.stage - 1) ->> 'role'
     and not (about.is_escalated and new.role = about.rule -> 'stages' -> (new.stage - 1) -> 'escalate' ->> 'role')
     or not holds_role_for(new.actor_id, new.role, about.subject || '/' || about.subject_id) or not is_person(new.actor_id) then
    raise exception 'answer to review % refused: the person does not have the role that is asked', new.review_id
      using errcode = 'check_violation';
  end if;
  if new.actor_id = about.asked_by or about.partner_id in (select partner_id from partners_of(new.actor_id)) or exists (
    select from (select about.asked_by as id union select answer.actor_id from policy_answer answer where answer.review_id = new.review_id) hand
    where gave_role(hand.id, new.actor_id, new.role) or gave_role(hand.id, new.actor_id, 'approver')) then
    raise exception 'answer to review % refused: the person asked, is paid by it, or has the role from somebody who took part', new.review_id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger policy_answer_guarded before insert on policy_answer for each row execute function guard_policy_answer();
