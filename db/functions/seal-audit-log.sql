-- Seals the entries that were committed since the last call into the hash chain. Calls come from the background, one at a time.
create or replace function seal_audit_log(entries_max int) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare entry audit_log; prev bytea; next_chain bigint; sealed int := 0;
begin
  perform pg_advisory_xact_lock(hashtext('seal_audit_log'));
  select hash, chain_seq into prev, next_chain from audit_log where chain_seq is not null order by chain_seq desc limit 1;
  for entry in select * from audit_log where chain_seq is null order by seq limit entries_max loop
    next_chain := coalesce(next_chain, 0) + 1;
    update audit_log set chain_seq = next_chain, prev_hash = prev, hash = audit_hash(prev, entry) where seq = entry.seq
      returning hash into prev;
    sealed := sealed + 1;
  end loop;
  return sealed;
end $$;
