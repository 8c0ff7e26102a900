-- 7. Each movement of points is booked once, to the point, and each use of points comes out of lots.
with movement as (
  select id, partner_id, unit, amount_minor, case
      when kind in ('earned', 'corrected', 'reversed') then 'points_earned'
      when kind in ('expired', 'expiry_undone') then 'points_expired' else 'points_' || kind end as kind,
    coalesce('batch/' || batch_id || '/' || unit, redemption_id::text, conversion_id::text, 'movement/' || id) as key
  from points_movement
), expected as (
  select key, kind, partner_id, unit, -sum(amount_minor) as minor from movement group by key, kind, partner_id, unit
  having sum(amount_minor) <> 0
), booked as (
  select journal.idempotency_key as key, journal.kind, account.partner_id, account.currency as unit, sum(entry.amount_minor) as minor
  from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id
  join ledger_account account on account.id = entry.account_id
  where starts_with(journal.kind, 'points_') and account.partner_id is not null group by 1, 2, 3, 4
), taken as (
  select movement_id as id, sum(amount_minor) as minor from points_lot_entry group by movement_id
)
select format('%s %s: partner %s should have %s, but has %s', kind, key, partner_id, coalesce(expected.minor, 0), coalesce(booked.minor, 0))
  as culprit
from expected full join booked using (key, kind, partner_id, unit)
where expected.minor is distinct from booked.minor
union all
select format('movement %s (%s) of %s took %s from lots', movement.id, movement.kind, movement.amount_minor, coalesce(taken.minor, 0))
from points_movement movement left join taken using (id)
where movement.kind in ('redeemed', 'expired', 'expiry_undone', 'converted') and movement.amount_minor is distinct from taken.minor;
