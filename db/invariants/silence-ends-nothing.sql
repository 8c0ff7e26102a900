-- 6. Silence never ends an unknown outcome: a provider replies, or two people decide.
select format('attempt %s went from %s to %s, as %s said', history.attempt_id, history.from_state, history.to_state,
  coalesce(history.said_by, 'nobody')) as culprit
from attempt_history history left join resolution on resolution.id = history.resolution_id
where history.from_state in ('submitted', 'unknown') and history.to_state <> history.from_state
  and case history.said_by when 'provider' then history.word is null
    when 'people' then resolution.status is distinct from 'applied' or resolution.decided_by is null
      or resolution.decided_by = resolution.proposed_by
    else true end;
