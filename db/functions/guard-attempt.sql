create or replace function guard_attempt() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'prepared' then
      raise exception 'attempt refused: an attempt begins as prepared' using errcode = 'check_violation';
    end if;
    -- The lock keeps another transaction from ending the payout at the same moment.
    perform from payout where id = new.payout_id for share;
    if not exists (
      select from payout
      where id = new.payout_id and net_minor = new.amount_minor and currency = new.currency and gateway = new.gateway
        and status = 'executing'
    ) then
      raise exception 'attempt refused: payout % is not executing, or has another amount or gateway', new.payout_id
        using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if (new.id, new.payout_id, new.attempt_no, new.gateway, new.provider_key, new.currency, new.amount_minor, new.check_number,
      new.request_sealed, new.request_hash, new.created_at)
     is distinct from
     (old.id, old.payout_id, old.attempt_no, old.gateway, old.provider_key, old.currency, old.amount_minor, old.check_number,
      old.request_sealed, old.request_hash, old.created_at)
     or (old.submitted_at is not null and (new.submitted_at, new.owed_minor) is distinct from (old.submitted_at, old.owed_minor))
     or (old.provider_ref is not null and new.provider_ref is distinct from old.provider_ref)
     or (old.debited_minor is not null
         and (new.debited_minor, new.debit_fee_minor, new.debit_fee_currency)
           is distinct from (old.debited_minor, old.debit_fee_minor, old.debit_fee_currency))
     or (old.returned_minor is not null and new.returned_minor is null) then
    raise exception 'attempt % refused: its key, request and amounts are frozen', old.id using errcode = 'restrict_violation';
  end if;
  if new.state is distinct from old.state then
    if not exists (select from attempt_edge where from_state = old.state and to_state = new.state) then
      raise exception 'attempt % refused: % cannot become %', old.id, old.state, new.state using errcode = 'check_violation';
    end if;
    if old.state = 'prepared' and new.state = 'submitted'
       and coalesce(new.owed_minor, 0) < (select gross_minor from payout where id = new.payout_id) then
      raise exception 'attempt % refused: it pays more than the partner is owed', old.id using errcode = 'check_violation';
    end if;
    if old.state = 'prepared' and new.state = 'submitted'
       and exists (select from payout where id = new.payout_id and held_at is not null) then
      raise exception 'attempt % refused: a person holds its payout', old.id using errcode = 'check_violation';
    end if;
    if old.state = 'prepared' and new.state = 'submitted'
       and exists (select from payout where id = new.payout_id and cut_reason is not null) then
      raise exception 'attempt % refused: a person has taken its payout out of the run', old.id using errcode = 'check_violation';
    end if;
    new.state_at := now();
  end if;
  return new;
end $$;

create or replace trigger attempt_guarded before insert or update on payout_attempt for each row execute function guard_attempt();
