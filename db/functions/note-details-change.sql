create or replace function note_details_change() returns trigger language plpgsql as $$
declare
  owned instrument_version;
begin
  if tg_table_name = 'partner' then
    insert into notification(dedupe_key, kind, audience, partner_id, recipient, body, in_portal)
    select 'email_changed/' || new.id || '/' || extract(epoch from clock_timestamp()) || '/' || address, 'email_changed', 'partner',
      new.id, address, jsonb_build_object('partner', new.code, 'isOld', case when address = old.email then 'yes' else 'no' end),
      address is not distinct from coalesce(new.email, old.email)
    from unnest(array[old.email, new.email]) as address where address is not null;
  elsif tg_table_name = 'role_grant' then
    -- The person learns it from the mail with their link.
    perform tell_of_details(new.partner_id, 'access_changed', 'access_changed/' || new.id || '/' || new.status,
      jsonb_build_object('change', case new.status when 'confirmed' then 'given' else 'ended' end, 'access', new.access,
        'person', (select name from actor where id = new.actor_id)),
      case new.status when 'confirmed' then (select email from actor where id = new.actor_id) end);
  elsif tg_table_name = 'contact_change' then
    -- The address of the partner has a mail of its own, with a link that stops the change.
    perform tell_of_details(new.partner_id, 'contact_asked', 'contact_asked/' || new.id,
      jsonb_build_object('person', (select name from actor where id = new.asked_by)), (select email from partner where id = new.partner_id));
  elsif tg_table_name = 'instrument_withdrawal' then
    select * into owned from instrument_version where id = new.instrument_id;
    perform tell_of_details(owned.partner_id, 'details_changed', 'details_changed/' || owned.id || '/withdrawn',
      jsonb_build_object('change', 'withdrawn', 'method', owned.method, 'ending', owned.last4,
        'usableFrom', to_char(new.withdrawn_at at time zone 'UTC', 'YYYY-MM-DD')));
  elsif tg_table_name = 'instrument_place' then
    select * into owned from instrument_version where id = new.instrument_id;
    perform tell_of_details(owned.partner_id, 'details_changed', 'details_changed/' || owned.id || '/first/' || new.id,
      jsonb_build_object('change', 'first', 'method', owned.method, 'ending', owned.last4,
        'usableFrom', to_char(new.usable_from at time zone 'UTC', 'YYYY-MM-DD')));
  -- A partner who is added with payment details knows them.
  elsif exists (select from partner where id = new.partner_id and created_at < now()) then
    perform tell_of_details(new.partner_id, 'details_changed', 'details_changed/' || new.id,
      jsonb_build_object('change', 'added', 'method', new.method, 'ending', new.last4,
        'usableFrom', to_char(new.usable_from at time zone 'UTC', 'YYYY-MM-DD')));
  end if;
  return null;
end $$;

create or replace trigger partner_email_told after update of email on partner for each row
  when (new.email is distinct from old.email) execute function note_details_change();

create or replace trigger withdrawal_told after insert on instrument_withdrawal for each row execute function note_details_change();

create or replace trigger place_told after insert on instrument_place for each row when (new.place = 1)
  execute function note_details_change();

create or replace trigger instrument_told after insert on instrument_version for each row execute function note_details_change();

create or replace trigger access_told after insert or update of status on role_grant for each row
  when (new.role = 'partner' and new.status in ('confirmed', 'revoked')) execute function note_details_change();

create or replace trigger contact_change_told after insert on contact_change for each row execute function note_details_change();
