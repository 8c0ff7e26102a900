-- Refuses a new row that is not in the state in which rows of its table begin.
create or replace function refuse_birth() returns trigger language plpgsql as $$
begin
  raise exception 'new row of % refused: it must begin %', tg_table_name, tg_argv[0] using errcode = 'check_violation';
end $$;

create or replace trigger account_born before insert on ledger_account
  for each row when (new.debits <> 0 or new.credits <> 0) execute function refuse_birth('empty');

create or replace trigger run_born before insert on payout_run
  for each row when (new.status <> 'preparing' or new.content_hash is not null)
  execute function refuse_birth('as preparing, without content');

create or replace trigger payout_born before insert on payout
  for each row when (new.status <> 'draft') execute function refuse_birth('as a draft');

create or replace trigger audit_born before insert on audit_log
  for each row when (num_nonnulls(new.chain_seq, new.prev_hash, new.hash) > 0) execute function refuse_birth('unsealed');

create or replace trigger task_born before insert on task
  for each row when (new.closed_at is not null) execute function refuse_birth('open');

create or replace trigger batch_born before insert on provider_batch
  for each row when (new.state <> 'prepared' or new.provider_ref is not null or new.handed_to is not null)
  execute function refuse_birth('as prepared');

create or replace trigger check_stop_born before insert on check_stop
  for each row when (new.outcome is not null) execute function refuse_birth('without an outcome');

create or replace trigger check_exception_born before insert on check_exception
  for each row when (num_nonnulls(new.decision, new.outcome) > 0) execute function refuse_birth('undecided');

create or replace trigger correction_born before insert on correction
  for each row when (new.status <> 'proposed') execute function refuse_birth('as proposed');

create or replace trigger resolution_born before insert on resolution
  for each row when (new.status <> 'proposed') execute function refuse_birth('as proposed');

create or replace trigger partner_born before insert on partner
  for each row when (new.merged_into is not null) execute function refuse_birth('on its own');

create or replace trigger deal_born before insert on deal
  for each row when (new.status <> 'review' or new.protected_until is not null) execute function refuse_birth('in review');

create or replace trigger request_born before insert on partner_request
  for each row when (new.status <> 'review') execute function refuse_birth('in review');

create or replace trigger claim_born before insert on fund_claim
  for each row when (new.status <> 'review') execute function refuse_birth('in review');

create or replace trigger review_born before insert on policy_review
  for each row when (new.status <> 'waiting' or new.stage <> 1) execute function refuse_birth('waiting in its first stage');

create or replace trigger points_lot_born before insert on points_lot
  for each row when (new.left_minor <> 0 or new.expired_minor <> 0 or new.told_on is not null) execute function refuse_birth('empty');

create or replace trigger redemption_born before insert on redemption
  for each row when (new.cancelled_at is not null) execute function refuse_birth('as used');

create or replace trigger unit_born before insert on unit
  for each row when (new.retired_at is not null) execute function refuse_birth('in use');

create or replace trigger budget_born before insert on budget
  for each row when (new.used_minor <> 0 or new.change_no <> 1 or new.closed_at is not null) execute function refuse_birth('unused');
