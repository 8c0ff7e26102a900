-- 7. A redemption used its points once, and gave them back once if it was cancelled. A conversion took its points and paid its money.
with used as (
  select redemption_id, sum(amount_minor) filter (where kind = 'redeemed') as used, sum(amount_minor) filter (where kind = 'returned') as back
  from points_movement where redemption_id is not null group by redemption_id
), paid as (
  select journal.idempotency_key as id, account.partner_id, account.currency, -sum(entry.amount_minor) as minor
  from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id
  join ledger_account account on account.id = entry.account_id
  where journal.kind = 'conversion' and account.partner_id is not null group by 1, 2, 3
)
select format('redemption %s of %s used %s and gave back %s', redemption.id, redemption.amount_minor, -used.used, coalesce(used.back, 0)) as culprit
from redemption left join used on used.redemption_id = redemption.id
where -used.used is distinct from redemption.amount_minor
  or coalesce(used.back, 0) <> case when redemption.cancelled_at is null then 0 else redemption.amount_minor end
union all
select format('conversion %s is %s with %s points and %s %s, but took %s, has a line of %s and paid %s', conversion.id, conversion.status,
  conversion.points_minor, conversion.amount_minor, conversion.currency, coalesce(-movement.amount_minor, 0), coalesce(line.amount_minor, 0),
  coalesce(paid.minor, 0))
from conversion left join points_movement movement on movement.conversion_id = conversion.id
left join earning_line line on line.conversion_id = conversion.id and line.split_from is null
left join paid on paid.id = conversion.id::text
where case when conversion.status = 'confirmed'
  then (-movement.amount_minor, line.partner_id, line.currency, line.amount_minor, paid.partner_id, paid.currency, paid.minor)
    is distinct from (conversion.points_minor, conversion.partner_id, conversion.currency, conversion.amount_minor, conversion.partner_id,
      conversion.currency, conversion.amount_minor::numeric)
  else num_nonnulls(movement.id, line.id, paid.id) > 0 end;
