-- A signature stands for the approval that its statement names, by the person whose passkey or identity signed it.
create or replace function guard_approval() returns trigger language plpgsql as $$
begin
  if new.signature_id is not null and not exists (
    select from signature where signature.id = new.signature_id and signer_of(signature.id) = new.actor_id
      and starts_with(signature.statement,
        'bursar approve run ' || new.run_id || ' content ' || encode(new.content_hash, 'hex') || ' nonce ')) then
    raise exception 'approval of run % refused: the signature is for something else', new.run_id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger approval_guarded before insert on approval for each row execute function guard_approval();
