-- A signature that is kept with a thing is of the person who acted. Where a trigger names a kind, its sentence names that very thing.
create or replace function guard_signature() returns trigger language plpgsql as $$
declare
  given jsonb := to_jsonb(new);
begin
  if given ->> tg_argv[0] is not null and not exists (
    select from signature
    where signature.id = (given ->> tg_argv[0])::uuid and signer_of(signature.id) = (given ->> tg_argv[1])::uuid
      and (tg_nargs < 3 or position(' ' || tg_argv[2] || '/' || (given ->> 'id') || ' content ' in signature.statement) > 0)) then
    raise exception '% % refused: the signature is for something else', tg_table_name, given ->> 'id' using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger proposal_signed before insert on role_grant
  for each row execute function guard_signature('proposal_signature_id', 'proposed_by');
create or replace trigger decision_signed before insert or update of decision_signature_id on role_grant
  for each row execute function guard_signature('decision_signature_id', 'decided_by', 'grant');
create or replace trigger revocation_signed before insert or update of revocation_signature_id on role_grant
  for each row execute function guard_signature('revocation_signature_id', 'revoked_by', 'grant');
create or replace trigger change_signed before insert on contact_change
  for each row execute function guard_signature('signature_id', 'asked_by');
create or replace trigger claim_signed before insert on key_claim
  for each row execute function guard_signature('signature_id', 'created_by');
create or replace trigger revocation_signed before insert or update of revocation_signature_id on api_key
  for each row execute function guard_signature('revocation_signature_id', 'revoked_by', 'key');
create or replace trigger proposal_signed before insert on correction
  for each row execute function guard_signature('proposal_signature_id', 'proposed_by');
create or replace trigger decision_signed before insert or update of decision_signature_id on correction
  for each row execute function guard_signature('decision_signature_id', 'decided_by', 'correction');
create or replace trigger proposal_signed before insert on resolution
  for each row execute function guard_signature('proposal_signature_id', 'proposed_by');
create or replace trigger decision_signed before insert or update of decision_signature_id on resolution
  for each row execute function guard_signature('decision_signature_id', 'decided_by', 'resolution');
create or replace trigger proposal_signed before insert on passkey_loss
  for each row execute function guard_signature('proposal_signature_id', 'proposed_by');
create or replace trigger decision_signed before insert or update of decision_signature_id on passkey_loss
  for each row execute function guard_signature('decision_signature_id', 'decided_by', 'lost-passkey');
create or replace trigger confirmation_signed before insert on policy_confirmation
  for each row execute function guard_signature('signature_id', 'confirmed_by');
create or replace trigger proposal_signed before insert on conversion
  for each row execute function guard_signature('proposal_signature_id', 'proposed_by');
create or replace trigger decision_signed before insert or update of decision_signature_id on conversion
  for each row execute function guard_signature('decision_signature_id', 'decided_by', 'conversion');
create or replace trigger proposal_signed before insert on re_rating
  for each row execute function guard_signature('proposal_signature_id', 'proposed_by');
create or replace trigger decision_signed before insert or update of decision_signature_id on re_rating
  for each row execute function guard_signature('decision_signature_id', 'decided_by', 're-rating');
