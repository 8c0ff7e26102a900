create or replace function guard_audit_log() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.chain_seq is null
     and (new.seq, new.at, new.actor_id, new.action, new.subject, new.detail)
         is not distinct from (old.seq, old.at, old.actor_id, old.action, old.subject, old.detail) then
    return new;
  end if;
  raise exception '% of audit_log refused: its entries are facts', tg_op using errcode = 'restrict_violation';
end $$;

create or replace trigger audit_guarded before update or delete on audit_log for each row execute function guard_audit_log();
