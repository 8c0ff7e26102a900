-- A review is decided once, by its rule: on its own, or by as many people in each stage as the rule asks for.
create or replace function guard_review() returns trigger language plpgsql as $$
begin
  if (new.id, new.subject, new.subject_id, new.ask, new.program_id, new.partner_id, new.policy_version_id, new.rule_no, new.rule, new.facts,
      new.asked_by, new.asked_at)
     is distinct from
     (old.id, old.subject, old.subject_id, old.ask, old.program_id, old.partner_id, old.policy_version_id, old.rule_no, old.rule, old.facts,
      old.asked_by, old.asked_at)
     or old.status <> 'waiting' or new.stage < old.stage then
    raise exception 'review % refused: what was asked never changes, and is decided once', old.id using errcode = 'restrict_violation';
  end if;
  if new.status = 'approved' and new.rule -> 'automatic' is distinct from '"approve"' and not (
    jsonb_array_length(coalesce(new.rule -> 'stages', '[]')) > 0 and not exists (
      select from jsonb_array_elements(new.rule -> 'stages') with ordinality as stage(terms, no)
      where (stage.terms ->> 'approvals')::int > (
        select count(*) from policy_answer answer
        where answer.review_id = new.id and answer.stage = stage.no and answer.decision = 'approve'))) then
    raise exception 'review % refused: fewer people approved it than its rule asks for', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger review_guarded before update on policy_review for each row execute function guard_review();
