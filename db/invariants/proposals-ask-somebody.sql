-- 15. Somebody is asked by a task about each proposal that waits for another person, and about nothing else.
with waiting as (
  select 'correction_proposed' as kind, 'correction/' || id as subject from correction where status = 'proposed'
  union all
  select 'conversion_proposed', 'conversion/' || id from conversion where status = 'proposed'
  union all
  select 're_rating_proposed', 're-rating/' || id from re_rating where status = 'proposed'
  union all
  select 'policy_proposed', format('policy/%s/%s/%s', program.code, version.subject, version.version)
  from policy_version version join program on program.id = version.program_id
  where version.needs_confirmation
    and not exists (select from policy_confirmation where policy_version_id = version.id)
    and not is_overtaken(version.id)
  union all
  select 'role_proposed', 'grant/' || id from role_grant where status = 'proposed'
  union all
  select 'passkey_lost', 'lost-passkey/' || id from passkey_loss where status = 'proposed'
  union all
  select 'partner_question', 'question/' || id from question where status = 'open'
  union all
  select 'events_quarantined', 'quarantine/' || source from event_quarantine kept
  where not exists (select from event_quarantine_decision where quarantine_id = kept.id) group by source
), asked as (
  select kind, subject from task
  where closed_at is null
    and kind in ('correction_proposed', 'conversion_proposed', 're_rating_proposed', 'policy_proposed', 'role_proposed',
      'passkey_lost', 'events_quarantined', 'partner_question')
)
select format('%s waits for a decision, but nobody is asked', subject) as culprit
from (select * from waiting except select * from asked) untold
union all
select format('%s asks about %s, which waits for nobody', kind, subject)
from (select * from asked except select * from waiting) needless
order by culprit;
