-- A claim is decided once. It is granted by an approved review of it, and by a confirmed credit of the same amount to its partner, or to
-- the one into whom that partner was merged. Where nobody approved it, the people behind the policy may still pay.
create or replace function guard_claim() returns trigger language plpgsql as $$
begin
  if old.status <> 'review' then
    raise exception 'claim % refused: it was decided', old.id using errcode = 'restrict_violation';
  end if;
  if new.status = 'granted' and not exists (
    select from policy_review review
    join correction on correction.id = new.correction_id and correction.status = 'confirmed' and correction.kind = 'credit'
    join correction_item item on item.correction_id = correction.id
    join partner on partner.id = new.partner_id and item.partner_id = coalesce(partner.merged_into, partner.id)
    where review.subject = 'claim' and review.subject_id = new.id and review.status = 'approved'
      and (item.program_id, item.currency, item.amount_minor) = (new.program_id, new.currency, new.amount_minor)
      and (review.rule -> 'automatic' is null or may_pay_alone(review.policy_version_id, item.partner_id))) then
    raise exception 'claim % refused: no approved review and confirmed credit grant it', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger claim_guarded before update on fund_claim for each row execute function guard_claim();
