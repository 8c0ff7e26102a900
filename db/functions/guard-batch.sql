create or replace function guard_batch() returns trigger language plpgsql as $$
begin
  if (new.id, new.run_id, new.gateway, new.currency, new.number, new.item_count, new.total_minor, new.provider_key, new.request_sealed,
      new.request_hash, new.created_at, new.txid)
     is distinct from
     (old.id, old.run_id, old.gateway, old.currency, old.number, old.item_count, old.total_minor, old.provider_key, old.request_sealed,
      old.request_hash, old.created_at, old.txid)
     or (old.submitted_at is not null and new.submitted_at is distinct from old.submitted_at)
     or (old.provider_ref is not null and new.provider_ref is distinct from old.provider_ref) then
    raise exception 'batch % refused: its key, request and amounts are frozen', old.id using errcode = 'restrict_violation';
  end if;
  if new.state is distinct from old.state then
    if not exists (select from batch_edge where from_state = old.state and to_state = new.state) then
      raise exception 'batch % refused: % cannot become %', old.id, old.state, new.state using errcode = 'check_violation';
    end if;
    new.state_at := now();
  end if;
  return new;
end $$;

create or replace trigger batch_guarded before update on provider_batch for each row execute function guard_batch();
