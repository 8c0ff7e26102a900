-- The instruments to which a person directed money without adding them, until a moment: by an order, by clearing a failure, or by
-- withdrawing another instrument of the same partner. Like the one who added an instrument, that person may not approve a payment to it.
create or replace function directed_by(the_actor uuid, until timestamptz default now()) returns table(instrument_id uuid)
language sql stable as $$
  select instrument_id from instrument_place where placed_by = the_actor and created_at <= until
  union select instrument_id from instrument_failure where cleared_by = the_actor and cleared_at <= until
  union select other.id
    from instrument_withdrawal withdrawn
    join instrument_version gone on gone.id = withdrawn.instrument_id
    join instrument_version other on other.partner_id = gone.partner_id
    where withdrawn.withdrawn_by = the_actor and withdrawn.withdrawn_at <= until
$$;
