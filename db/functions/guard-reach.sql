-- The second wall for roles with limits: the person who decides has a role that reaches the thing. The commands ask for the very role.
create or replace function guard_reach() returns trigger language plpgsql as $$
begin
  if exists (
    select from role_grant held
    where held.actor_id = new.decided_by and held.status = 'confirmed' and num_nonnulls(held.program_ids, held.payer_ids) > 0)
    and not exists (
      select from unnest(array['preparer', 'approver', 'operator']) a_role
      where holds_role_for(new.decided_by, a_role, tg_argv[0] || '/' || coalesce(to_jsonb(new) ->> 'payout_id', new.id::text))) then
    raise exception '% % refused: the roles of the person who decides do not reach it', tg_table_name, new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger decided_within_reach before update of decided_by on correction
  for each row execute function guard_reach('correction');
create or replace trigger decided_within_reach before update of decided_by on conversion
  for each row execute function guard_reach('conversion');
create or replace trigger decided_within_reach before update of decided_by on re_rating
  for each row execute function guard_reach('re-rating');
create or replace trigger decided_within_reach before update of decided_by on resolution
  for each row execute function guard_reach('payout');
