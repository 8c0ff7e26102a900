-- 14. A prepared run has an outcome for every partner of its schedule.
select format('run %s has no outcome for partner %s', run.id, term.partner_id) as culprit
from payout_run run join program on program.schedule_id = run.schedule_id join agreement_term term on term.program_id = program.id
where (run.review_since is not null or run.status = 'disbursed') and term.recorded_at < run.created_at and run.replaces_id is null
  and not exists (select from run_outcome outcome where outcome.run_id = run.id and outcome.partner_id = term.partner_id)
group by run.id, term.partner_id;
