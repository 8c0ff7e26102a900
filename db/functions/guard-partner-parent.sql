-- Nobody is above themselves on any day. Changes of the hierarchy take turns, so that two of them cannot close a circle together.
create or replace function guard_partner_parent() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('partner_parent'));
  if exists (select from every_parent(new.partner_id) where partner_id = new.partner_id) then
    raise exception 'parent of partner % refused: the partner would be above themselves', new.partner_id
      using errcode = 'check_violation';
  end if;
  return null;
end $$;

drop trigger if exists nobody_above_themselves on partner_parent;
create constraint trigger nobody_above_themselves after insert on partner_parent
  deferrable initially deferred for each row execute function guard_partner_parent();
