-- 4. A live payout is the sum of its lines, a dead payout holds none, and net is gross less withholding and fee.
select format('payout %s is %s: gross %s, withheld %s, fee %s, net %s, lines %s', payout.id, payout.status, payout.gross_minor,
  payout.withheld_minor, payout.fee_minor, payout.net_minor, coalesce(held.minor::text, 'none')) as culprit
from payout
left join (
  select payout_id, sum(amount_minor) as minor from payout_line where released_at is null group by payout_id
) held on held.payout_id = payout.id
where payout.net_minor <> payout.gross_minor - payout.withheld_minor - payout.fee_minor
  or case when payout.status in ('failed', 'returned', 'cancelled') then held.payout_id is not null
     else held.minor is distinct from payout.gross_minor end;
