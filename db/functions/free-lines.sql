-- The lines that a run may draft: whole lines or parts, free before its cut-off, in no payout, and not carried forward from this run.
create or replace function free_lines(the_run uuid) returns setof earning_line language sql stable as $$
  select line.* from payout_run run
  join program on program.schedule_id = run.schedule_id
  join earning_line line on line.program_id = program.id
  where run.id = the_run and line.available_on < run.period_end and line.carried_from is distinct from run.id
    and not exists (select from earning_line part where part.split_from = line.id)
    and not exists (select from payout_line paid where paid.earning_line_id = line.id and paid.taken)
$$;
