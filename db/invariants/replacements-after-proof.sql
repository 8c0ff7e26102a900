-- 14. A replacement pays only the partner of the first payout, once, after proof that the first payout moved nothing or came back.
select format('run %s replaces payout %s to partner %s in %s, which is %s, but its payout %s is to partner %s in %s', run.id,
  replaced.id, replaced.partner_id, replaced.currency, replaced.status, payout.id, payout.partner_id, payout.currency) as culprit
from payout_run run join payout on payout.run_id = run.id
left join payout replaced on replaced.id = coalesce(run.replaces_id, payout.replaces_id)
where (run.replaces_id is not null or payout.replaces_id is not null)
  and ((payout.replaces_id, payout.partner_id, payout.currency)
      is distinct from (run.replaces_id, replaced.partner_id, replaced.currency)
    or replaced.status not in ('failed', 'returned'))
union all
select format('payout %s has several live replacements: %s', replaces_id, string_agg(id::text, ', ' order by id))
from payout where replaces_id is not null and status not in ('failed', 'returned', 'cancelled')
group by replaces_id having count(*) > 1;
