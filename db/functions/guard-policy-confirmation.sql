-- An approver confirms a policy that somebody else wrote, who did not give them their role.
create or replace function guard_policy_confirmation() returns trigger language plpgsql as $$
declare
  author uuid;
  program_code text;
begin
  select version.created_by, program.code into author, program_code
  from policy_version version join program on program.id = version.program_id where version.id = new.policy_version_id;
  if new.confirmed_by = author or not holds_role_for(new.confirmed_by, 'approver', 'program/' || program_code) or gave_role(author, new.confirmed_by, 'approver') then
    raise exception 'confirmation of policy version % refused: its author and the approver are not independent', new.policy_version_id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger policy_confirmation_guarded before insert on policy_confirmation
  for each row execute function guard_policy_confirmation();
