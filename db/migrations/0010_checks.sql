-- Up Migration

-- A check's whole life: the account it is drawn on, its number, its stop, and what the bank asks about it. When the bank was told of a
-- check is part of its attempt (`step`); whether it cleared or died is the attempt's state.

create table check_account(
  id int generated always as identity primary key,
  payer_id int not null references payer,
  account_ref text not null check (account_ref <> ''),
  fingerprint bytea unique,
  number_first bigint not null check (number_first > 0),
  number_next bigint not null,
  dormancy_years smallint not null default 3 check (dormancy_years between 1 and 10),
  created_at timestamptz not null default now(),
  check (number_next >= number_first),
  unique (id, payer_id)
);
comment on table check_account is 'One bank account has one sequence of numbers, whatever it is called and whoever prints its checks.';
comment on column check_account.fingerprint is 'Of routing and account number, keyed; unknown only for accounts from before 0010, until they are set again.';

insert into check_account(payer_id, account_ref, number_first, number_next)
select payer_id, account_ref, min(number), max(number)
from (
  select payer_id, account_ref, check_number_next as number from payer_gateway where check_number_next is not null
  union all
  select payer_id, account_ref, number + step from check_register, (values (0), (1)) steps(step)
) known group by payer_id, account_ref;

alter table payer_gateway add column check_account_id int,
  add foreign key (check_account_id, payer_id) references check_account(id, payer_id),
  add check (method = 'check' or check_account_id is null);
update payer_gateway set check_account_id = account.id
from check_account account
where account.payer_id = payer_gateway.payer_id and account.account_ref = payer_gateway.account_ref
  and payer_gateway.check_number_next is not null;
alter table payer_gateway drop column check_number_next;

-- Numbers only go on, and an account stays what it is.
create function guard_check_account() returns trigger language plpgsql as $$
begin
  if (new.id, new.payer_id, new.number_first, new.created_at) is distinct from (old.id, old.payer_id, old.number_first, old.created_at)
     or old.fingerprint is not null and new.fingerprint is distinct from old.fingerprint or new.number_next < old.number_next then
    raise exception 'check account % refused: its numbers only go on, and it stays the same account', old.id
      using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger check_account_guarded before update on check_account for each row execute function guard_check_account();
create trigger no_delete before delete on check_account for each row execute function refuse_change();
create trigger no_truncate before truncate on check_account for each statement execute function refuse_change();

-- The register: each number once, and why it is used: drawn for an attempt, or spoiled.
drop trigger facts_only on check_register;
alter table check_register add column check_account_id int references check_account;
update check_register set check_account_id = account.id
from check_account account
where account.payer_id = check_register.payer_id and account.account_ref = check_register.account_ref;
alter table check_register drop constraint check_register_pkey, drop column payer_id, drop column account_ref,
  add primary key (check_account_id, number),
  alter column attempt_id drop not null,
  add column spoiled_because text check (spoiled_because <> ''),
  add column recorded_by uuid references actor,
  add constraint explained_once check (num_nonnulls(attempt_id, spoiled_because) = 1),
  add constraint spoiled_by_a_person check ((spoiled_because is null) = (recorded_by is null));
create trigger facts_only before update or delete on check_register for each row execute function refuse_change();
comment on column check_register.spoiled_because is 'Paper that was damaged, destroyed or lost, or a number that was used outside of Bursar: no check of ours has it.';

create function guard_check_number() returns trigger language plpgsql as $$
begin
  if new.number < (select number_first from check_account where id = new.check_account_id) then
    raise exception 'check % refused: its account''s numbers begin later', new.number using errcode = 'check_violation';
  end if;
  if new.attempt_id is not null and not exists (
    select from payout_attempt attempt join payout on payout.id = attempt.payout_id join payout_run run on run.id = payout.run_id
    join pay_schedule schedule on schedule.id = run.schedule_id join check_account account on account.payer_id = schedule.payer_id
    where attempt.id = new.attempt_id and attempt.check_number = new.number and account.id = new.check_account_id
      and new.number < account.number_next
  ) then
    raise exception 'check % refused: it is not the check of attempt %, or not drawn on an account of its payer', new.number, new.attempt_id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger check_number_guarded before insert on check_register for each row execute function guard_check_number();

-- Whoever pays by check takes its number from the register, in the same transaction.
create function check_registered() returns trigger language plpgsql as $$
begin
  if not exists (select from check_register where attempt_id = new.id) then
    raise exception 'attempt % refused: its check is not in the register', new.id using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger check_is_registered after insert on payout_attempt deferrable initially deferred
  for each row when (new.gateway in ('lob', 'printed-check')) execute function check_registered();

-- A check that the bank knows can be cashed until the bank says otherwise: only its word, kept as evidence, makes one fail.
create function guard_dead_check() returns trigger language plpgsql as $$
begin
  if new.step::jsonb ->> 'acknowledgedAt' is not null and coalesce(new.evidence ->> 'bank', '') not in ('void', 'stopped') then
    raise exception 'attempt % refused: its check is not proved dead, the bank has confirmed neither a stop nor a void', new.id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger dead_check_guarded before update on payout_attempt
  for each row when (new.state = 'failed' and old.state <> 'failed' and new.check_number is not null) execute function guard_dead_check();

-- A person asks the bank not to pay a check, or to go on not paying it. What the bank answers is written down once.
create table check_stop(
  id uuid primary key default uuidv7(),
  attempt_id uuid not null references payout_attempt,
  renews_id uuid references check_stop,
  requested_by uuid not null references actor,
  reason text not null check (reason <> ''),
  requested_at timestamptz not null default now(),
  outcome text check (outcome in ('stopped', 'already_paid')),
  outcome_at timestamptz,
  expires_on date,
  is_void boolean,
  check ((outcome is null) = (outcome_at is null)),
  check (coalesce(outcome = 'stopped', false) = (is_void is not null)),
  check (expires_on is null or outcome = 'stopped')
);
create unique index one_open_stop on check_stop(attempt_id) where outcome is null;
create unique index renewed_once on check_stop(renews_id) where outcome is distinct from 'already_paid';
create index on check_stop(attempt_id);
comment on column check_stop.is_void is 'Whether the bank took the number out of use as well: then the check stays dead when the stop lapses.';
comment on column check_stop.expires_on is 'The day on which the stop lapses, as the bank says; null where it knew no such check and only voided its number.';

create function guard_check_stop() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.outcome is not null
     or (new.id, new.attempt_id, new.renews_id, new.requested_by, new.reason, new.requested_at)
        is distinct from (old.id, old.attempt_id, old.renews_id, old.requested_by, old.reason, old.requested_at) then
    raise exception 'stop % refused: who asked for it and what the bank said are facts', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger check_stop_guarded before update or delete on check_stop for each row execute function guard_check_stop();
create trigger check_stop_born before insert on check_stop
  for each row when (new.outcome is not null) execute function refuse_birth('without an outcome');
create trigger no_truncate before truncate on check_stop for each statement execute function refuse_change();

-- A check that the bank was shown and does not know as ours. A person decides until the bank's deadline; then it is returned.
create table check_exception(
  id uuid primary key default uuidv7(),
  check_account_id int not null references check_account,
  bank_ref text not null check (bank_ref <> ''),
  number bigint not null,
  currency char(3) not null references currency,
  amount_minor bigint not null check (amount_minor > 0),
  reason text not null,
  presented_at timestamptz not null,
  decide_by timestamptz not null,
  decision text check (decision in ('pay', 'return')),
  decided_by uuid references actor,
  decided_because text check (decided_because <> ''),
  decided_at timestamptz,
  outcome text check (outcome in ('paid', 'returned')),
  outcome_at timestamptz,
  unique (check_account_id, bank_ref),
  check (num_nonnulls(decision, decided_by, decided_because, decided_at) in (0, 4)),
  check ((outcome is null) = (outcome_at is null))
);
create index on check_exception(check_account_id) where outcome is null;

create function guard_check_exception() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.outcome is not null
     or (new.id, new.check_account_id, new.bank_ref, new.number, new.currency, new.amount_minor, new.reason, new.presented_at, new.decide_by)
        is distinct from
        (old.id, old.check_account_id, old.bank_ref, old.number, old.currency, old.amount_minor, old.reason, old.presented_at, old.decide_by)
     or old.decision is not null
        and (new.decision, new.decided_by, new.decided_because, new.decided_at)
            is distinct from (old.decision, old.decided_by, old.decided_because, old.decided_at) then
    raise exception 'exception % refused: what the bank asked and what was decided are facts', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger check_exception_guarded before update or delete on check_exception for each row execute function guard_check_exception();
create trigger check_exception_born before insert on check_exception
  for each row when (num_nonnulls(new.decision, new.outcome) > 0) execute function refuse_birth('undecided');
create trigger no_truncate before truncate on check_exception for each statement execute function refuse_change();

alter table task drop constraint task_kind_check, add constraint task_kind_check
  check (kind in ('outcome_unknown', 'provider_approval', 'partial_return', 'check_exception', 'check_stop_expiring', 'check_stale',
    'check_returned_mail'));

grant select, insert, update on check_account, check_stop, check_exception to bursar_app;
