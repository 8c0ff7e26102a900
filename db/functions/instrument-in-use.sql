-- The one instrument of a partner that a payer uses for a currency, and what prevents a payment to it: nothing, or `usable_from` in the
-- future, `waits_for_call`, no `gateway`, or the `advice` after a failure. Instruments are tried in the partner's order.
--
-- The first one that the payer offers and that has cooled off is used. If it failed, no later one takes its place: the partner may have
-- left that account. Then the first one in the order counts, which is either the failed one itself or newer details that still cool off.
create or replace function instrument_in_use(the_partner bigint, the_currency char(3), the_payer int) returns table(
  id uuid,
  method text,
  usable_from timestamptz,
  gateway text,
  advice text,
  waits_for_call boolean
) language sql stable as $$
  select chosen.id, chosen.method, chosen.usable_from, chosen.gateway, chosen.advice, chosen.waits_for_call
  from (
    select ranked.*, min(rank) filter (where usable) over () as first_usable
    from (
      select version.id, version.method, version.usable_from, carrier.gateway, failure.advice, call.waits_for_call,
        carrier.gateway is not null and version.usable_from <= now() and not call.waits_for_call as usable,
        row_number() over (order by carrier.gateway is null, coalesce(moved.place, version.place), version.id desc) as rank
      from instrument_version version
      left join payer_gateway carrier on carrier.payer_id = the_payer and carrier.method = version.method
      left join lateral (
        select place from instrument_place later
        where later.instrument_id = version.id and later.usable_from <= now() order by later.id desc limit 1
      ) moved on true
      cross join lateral (
        select version.needs_call and not exists (
          select from details_call made where made.instrument_id = version.id and made.is_confirmed) as waits_for_call
      ) call
      left join lateral (
        select advice from instrument_failure failed
        where failed.instrument_id = version.id and failed.cleared_at is null order by failed_at desc limit 1
      ) failure on true
      where version.partner_id = the_partner and (version.currency is null or version.currency = the_currency)
        and not exists (select from instrument_withdrawal withdrawn where withdrawn.instrument_id = version.id)
    ) ranked
  ) chosen
  order by usable and chosen.advice is null and rank = first_usable desc, rank limit 1
$$;
