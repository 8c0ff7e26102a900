-- Only a version that is not effective yet is withdrawn. Events may be a few minutes ahead of our clock, so a version that begins within
-- ten minutes counts as effective.
create or replace function guard_withdrawal() returns trigger language plpgsql as $$
begin
  if not exists (select from plan_version where id = new.plan_version_id and effective_from > now() + interval '10 minutes') then
    raise exception 'withdrawal of plan version % refused: it is effective, or about to be', new.plan_version_id
      using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

create or replace trigger only_future_versions before insert on plan_version_withdrawal
  for each row execute function guard_withdrawal();
