create or replace function guard_payout_line() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare payout_status text := (select status from payout where id = coalesce(new.payout_id, old.payout_id));
begin
  if tg_op = 'DELETE' then
    raise exception 'line of payout % refused: lines are never deleted', old.payout_id using errcode = 'restrict_violation';
  end if;
  if tg_op = 'INSERT' then
    if payout_status <> 'draft' or new.released_at is not null
       or not exists (select from payout join payout_run run on run.id = payout.run_id
                      where payout.id = new.payout_id and run.status = 'preparing') then
      raise exception 'line of payout % refused: a draft payout gains lines only while its run is in preparation', new.payout_id
        using errcode = 'restrict_violation';
    end if;
    -- A transaction that splits the line at the same moment waits for this one, or this one waits for it.
    perform from earning_line where id = new.earning_line_id for key share;
    if exists (select from earning_line where split_from = new.earning_line_id) then
      raise exception 'line % refused: it was split, and payouts pay its parts', new.earning_line_id using errcode = 'restrict_violation';
    end if;
    return new;
  end if;
  if (new.payout_id, new.earning_line_id, new.partner_id, new.currency, new.amount_minor)
     is distinct from (old.payout_id, old.earning_line_id, old.partner_id, old.currency, old.amount_minor)
     or old.released_at is not null or new.released_at is null then
    raise exception 'line of payout % refused: a line can only be released, and only once', old.payout_id
      using errcode = 'restrict_violation';
  end if;
  if payout_status not in ('failed', 'returned', 'cancelled') then
    raise exception 'line of payout % refused: the payout is %, so it keeps its lines', old.payout_id, payout_status
      using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

create or replace trigger payout_line_guarded before insert or update or delete on payout_line
  for each row execute function guard_payout_line();
