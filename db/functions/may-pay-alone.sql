-- Says whether the two people behind a policy may pay a partner without another person now: both still have the role in which they wrote
-- and confirmed it, the author gave the approver no role, and the partner pays neither of them.
create or replace function may_pay_alone(the_version int, the_partner bigint) returns boolean language plpgsql stable as $$
begin
  return exists (
    select from policy_version version join policy_confirmation confirmation on confirmation.policy_version_id = version.id
    join program on program.id = version.program_id
    where version.id = the_version and holds_role_for(version.created_by, 'operator', 'program/' || program.code)
      and holds_role_for(confirmation.confirmed_by, 'approver', 'program/' || program.code)
      and not gave_role(version.created_by, confirmation.confirmed_by, 'approver')
      and the_partner not in (
        select partner_id from partners_of(version.created_by) union select partner_id from partners_of(confirmation.confirmed_by)));
end $$;
