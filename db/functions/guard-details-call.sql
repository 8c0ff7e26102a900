-- A call about payout details counts if a second person of the company made it: not the one who added the details, and nobody of the partner.
create or replace function guard_details_call() returns trigger language plpgsql as $$
declare
  asked instrument_version;
begin
  select * into asked from instrument_version where id = new.instrument_id;
  if asked.created_by = new.recorded_by then
    raise exception 'call % refused: another person than the one who added the details must call', new.id using errcode = 'check_violation';
  end if;
  if not (holds_role(new.recorded_by, 'operator') or holds_role(new.recorded_by, 'preparer')) then
    raise exception 'call % refused: an operator or a preparer calls', new.id using errcode = 'check_violation';
  end if;
  if exists (select from role_grant held where held.actor_id = new.recorded_by and held.partner_id = asked.partner_id and held.status = 'confirmed') then
    raise exception 'call % refused: a person of the partner confirms nothing', new.id using errcode = 'check_violation';
  end if;
  if new.called_at > now() or new.called_at < date_trunc('minute', asked.created_at) then
    raise exception 'call % refused: it was not between the change and now', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger call_guarded before insert on details_call for each row execute function guard_details_call();
