-- A draft follows what is owed while its run is in review. After that, its amounts and its instrument are frozen.
create or replace function guard_payout() returns trigger language plpgsql as $$
begin
  if (new.id, new.run_id, new.partner_id, new.currency, new.replaces_id, new.created_at)
     is distinct from (old.id, old.run_id, old.partner_id, old.currency, old.replaces_id, old.created_at) then
    raise exception 'payout % refused: its run and partner are frozen', old.id using errcode = 'restrict_violation';
  end if;
  if (new.id, new.run_id, new.partner_id, new.currency, new.method, new.gateway, new.gross_minor, new.withheld_minor, new.fee_minor,
      new.net_minor, new.instrument_version_id, new.replaces_id, new.created_at)
     is distinct from
     (old.id, old.run_id, old.partner_id, old.currency, old.method, old.gateway, old.gross_minor, old.withheld_minor, old.fee_minor,
      old.net_minor, old.instrument_version_id, old.replaces_id, old.created_at)
     and not (old.status = 'draft' and new.status = 'draft'
       and exists (select from payout_run where id = new.run_id and status = 'review')) then
    raise exception 'payout % refused: its amounts, partner and instrument are frozen', old.id using errcode = 'restrict_violation';
  end if;
  if old.held_at is null and new.held_at is not null
     and exists (select from payout_attempt where payout_id = new.id and state not in ('prepared', 'failed')) then
    raise exception 'payout % refused: its provider was asked, so nobody can hold it', old.id using errcode = 'check_violation';
  end if;
  if new.status is distinct from old.status then
    if not exists (select from payout_edge where from_status = old.status and to_status = new.status) then
      raise exception 'payout % refused: % cannot become %', old.id, old.status, new.status using errcode = 'check_violation';
    end if;
    if new.status in ('failed', 'cancelled')
       and exists (select from payout_attempt where payout_id = new.id and state <> 'failed') then
      raise exception 'payout % refused: it cannot become % while an attempt can still pay', old.id, new.status
        using errcode = 'check_violation';
    end if;
    if new.status in ('settled', 'returned')
       and not exists (select from payout_attempt where payout_id = new.id and state = new.status) then
      raise exception 'payout % refused: none of its attempts is %', old.id, new.status using errcode = 'check_violation';
    end if;
    if new.status = 'executing'
       and not exists (select from payout_run where id = new.run_id and status in ('disbursing', 'paused')) then
      raise exception 'payout % refused: its run is not disbursing', old.id using errcode = 'check_violation';
    end if;
    if new.status = 'approved'
       and not exists (select from payout_run where id = new.run_id and status = 'approved') then
      raise exception 'payout % refused: its run is not approved', old.id using errcode = 'check_violation';
    end if;
    new.status_at := now();
  end if;
  return new;
end $$;

create or replace trigger payout_guarded before update on payout for each row execute function guard_payout();
