-- 6. No provider was asked for more than the partner was owed at that moment.
select format('attempt %s of payout %s was submitted for %s, but the partner was owed %s', attempt.id, payout.id, payout.gross_minor,
  coalesce(attempt.owed_minor::text, 'nothing that is known')) as culprit
from payout_attempt attempt join payout on payout.id = attempt.payout_id
where attempt.submitted_at is not null and (attempt.owed_minor is null or attempt.owed_minor < payout.gross_minor);
