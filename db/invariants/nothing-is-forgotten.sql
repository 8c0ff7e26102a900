-- 11. No payout under way, no open batch and no open run is forgotten.
-- `bursar.grace` is the delay that is allowed after something falls due. The sweep runs every minute.
with grace as (
  select coalesce(nullif(current_setting('bursar.grace', true), ''), '10 minutes')::interval as late
)
select format('payout %s is %s and has been due since %s', id, status, due_at) as culprit
from payout, grace where status in ('executing', 'sent') and due_at < now() - late
  and not exists (select from payout_attempt attempt where attempt.payout_id = payout.id and attempt.batch_id is not null
    and attempt.state in ('prepared', 'submitted', 'unknown')) -- the batch is checked below
union all
select format('batch %s is %s and has been due since %s', id, state, due_at)
from provider_batch, grace where state not in ('done', 'failed') and due_at < now() - late
union all
select format('run %s is %s and has been due since %s', id, status, due_at)
from payout_run, grace where status in ('preparing', 'review', 'approved', 'disbursing', 'paused') and due_at < now() - late;
