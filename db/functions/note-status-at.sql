-- Notes when the status of a payout changes.
create or replace function note_status_at() returns trigger language plpgsql as $$
begin
  new.status_at := now();
  return new;
end $$;

create or replace trigger payout_status_at before update on payout
  for each row when (new.status is distinct from old.status) execute function note_status_at();
