-- A redemption never changes. It may only be cancelled, once.
create or replace function guard_redemption() returns trigger language plpgsql as $$
begin
  if (new.id, new.partner_id, new.unit, new.amount_minor, new.purpose, new.reference, new.redeemed_by, new.redeemed_at)
     is distinct from
     (old.id, old.partner_id, old.unit, old.amount_minor, old.purpose, old.reference, old.redeemed_by, old.redeemed_at)
     or old.cancelled_at is not null then
    raise exception 'redemption % refused: it never changes, and is cancelled once', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

create or replace trigger redemption_guarded before update on redemption for each row execute function guard_redemption();
