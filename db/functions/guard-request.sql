-- A request is decided once, and only an approved review of it grants it. Its plan is named once.
create or replace function guard_request() returns trigger language plpgsql as $$
begin
  if old.status <> 'review' or new.plan_id is distinct from old.plan_id and old.plan_id is not null then
    raise exception 'request % refused: it was decided, or its plan was named before', old.id using errcode = 'restrict_violation';
  end if;
  if new.status = 'granted' and not exists (
    select from policy_review review where review.subject = 'request' and review.subject_id = new.id and review.status = 'approved') then
    raise exception 'request % refused: no approved review grants it', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger request_guarded before update on partner_request for each row execute function guard_request();
