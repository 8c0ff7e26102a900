-- The programs that a thing belongs to, each with its payer, and the payers that it belongs to without one program. The thing is named as in
-- tasks and the audit log: `run/<id>`, `program/<code>/plan/<code>`. Nothing where it is a thing of the whole company, or does not exist.
create or replace function belongs_to(the_subject text) returns table(program_id int, payer_id int) language plpgsql stable as $$
#variable_conflict error
declare
  the_kind text := split_part(the_subject, '/', 1);
  the_name text := split_part(the_subject, '/', 2);
  the_id uuid := case when the_name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then the_name::uuid end;
  the_no bigint := case when the_name ~ '^[0-9]{1,18}$' then the_name::bigint end;
  the_programs int[] := '{}';
  the_payers int[] := '{}';
begin
  case the_kind
    when 'program', 'policy' then the_programs := array(select program.id from program where program.code = the_name);
    when 'unit' then the_programs := array(select unit.program_id from unit where unit.code = the_name);
    when 'deal' then the_programs := array(select deal.program_id from deal where deal.id = the_id);
    when 'request' then the_programs := array(select request.program_id from partner_request request where request.id = the_id);
    when 'claim' then the_programs := array(select claim.program_id from fund_claim claim where claim.id = the_id);
    when 'fund' then the_programs := array(select fund.program_id from fund where fund.id = the_id);
    when 're-rating' then the_programs := array(select re_rating.program_id from re_rating where re_rating.id = the_id);
    when 'back-test' then the_programs := array(select back_test.program_id from back_test where back_test.id = the_id);
    when 'audit' then the_programs := array(select audit.program_id from audit where audit.id = the_id);
    when 'pool' then the_programs := array(select pool.program_id from pool where pool.id = the_no);
    when 'correction' then
      the_programs := array(select distinct item.program_id from correction_item item where item.correction_id = the_id);
      the_payers := array(
        select distinct schedule.payer_id
        from correction join correction_item item on item.correction_id = correction.id
        join program on program.id = item.program_id join pay_schedule schedule on schedule.id = program.schedule_id
        where correction.id = the_id and correction.kind = 'write_off');
    -- The balance of a partner that a write-off gives up is that of all programs whose schedule the program shares.
    when 'balance' then
      the_payers := array(
        select schedule.payer_id from program join pay_schedule schedule on schedule.id = program.schedule_id where program.code = the_name);
    when 'conversion' then
      the_programs := array(select unit.program_id from conversion join unit on unit.code = conversion.unit where conversion.id = the_id);
    when 'redemption' then
      the_programs := array(select unit.program_id from redemption join unit on unit.code = redemption.unit where redemption.id = the_id);
    when 'event' then
      the_programs := array(
        select distinct event.program_id from event
        where event.source = the_name and event.source_id = substr(the_subject, length('event/' || the_name || '/') + 1));
    when 'parked-event' then the_programs := array(select parked.program_id from event_parked parked where parked.id = the_no);
    -- The other content of an event may the_name another program than the event does.
    when 'quarantined-event' then
      the_programs := array(
        select event.program_id from event_quarantine kept join event using (source, source_id, revision) where kept.id = the_no
        union
        select program.id from event_quarantine kept join program on program.code = kept.payload ->> 'program' where kept.id = the_no);
    when 'question' then
      the_programs := array(
        select distinct event.program_id from question asked join event using (source, source_id) where asked.id = the_id);
      the_payers := array(
        select owner.payer_id from question asked cross join belongs_to('payout/' || asked.payout_id) owner where asked.id = the_id);
    when 'payer' then the_payers := array(select payer.id from payer where payer.code = the_name);
    when 'schedule' then the_payers := array(select schedule.payer_id from pay_schedule schedule where schedule.code = the_name);
    when 'run' then
      the_payers := array(
        select schedule.payer_id from payout_run run join pay_schedule schedule on schedule.id = run.schedule_id where run.id = the_id);
    when 'payout' then
      the_payers := array(
        select owner.payer_id from payout cross join belongs_to('run/' || payout.run_id) owner where payout.id = the_id);
    when 'attempt' then
      the_payers := array(
        select owner.payer_id from payout_attempt attempt cross join belongs_to('payout/' || attempt.payout_id) owner where attempt.id = the_id);
    when 'batch' then
      the_payers := array(
        select owner.payer_id from provider_batch batch cross join belongs_to('run/' || batch.run_id) owner where batch.id = the_id);
    when 'check-stop' then
      the_payers := array(
        select owner.payer_id from check_stop stop cross join belongs_to('attempt/' || stop.attempt_id) owner where stop.id = the_id);
    when 'check-exception' then
      the_payers := array(
        select account.payer_id from check_exception asked join check_account account on account.id = asked.check_account_id
        where asked.id = the_id);
    when 'task' then
      return query
        select owner.program_id, owner.payer_id from task cross join belongs_to(task.subject) owner where task.id = the_id;
    when 'alarm' then
      return query
        select owner.program_id, owner.payer_id from alarm cross join belongs_to(alarm.subject) owner where alarm.id = the_no;
    else null;
  end case;
  return query
    select program.id, schedule.payer_id from program join pay_schedule schedule on schedule.id = program.schedule_id
    where program.id = any(the_programs)
    union all
    select null::int, paying from unnest(the_payers) paying;
end $$;
