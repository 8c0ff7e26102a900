-- 6. Every attempt took only allowed steps, and its history is complete.
select format('attempt %s went from %s to %s', attempt_id, coalesce(from_state, 'nothing'), to_state) as culprit
from attempt_history
where from_state is distinct from to_state
  and not (from_state is null and to_state = 'prepared')
  and not exists (
    select from attempt_edge edge where edge.from_state = attempt_history.from_state and edge.to_state = attempt_history.to_state)
union all
select format('attempt %s is %s, but its history ends in %s', attempt.id, attempt.state, coalesce(last.to_state, 'nothing'))
from payout_attempt attempt
left join lateral (
  select to_state from attempt_history where attempt_id = attempt.id order by id desc limit 1
) last on true
where last.to_state is distinct from attempt.state;
