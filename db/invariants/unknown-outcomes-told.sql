-- 11. A person has been told of every outcome that has been unknown for a day.
select format('attempt %s has been %s since %s, but nobody was told', attempt.id, attempt.state, attempt.state_at) as culprit
from payout_attempt attempt
where attempt.state in ('submitted', 'unknown') and attempt.state_at < now() - interval '1 day'
  and not exists (select from recon_break where attempt_id = attempt.id and resolved_at is null)
  and not exists (
    select from alarm where subject in ('payout/' || attempt.payout_id, 'batch/' || attempt.batch_id) and cleared_at is null)
  and not exists (
    select from task where (payout_id = attempt.payout_id or subject = 'batch/' || attempt.batch_id) and closed_at is null);
