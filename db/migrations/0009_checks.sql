-- The whole life of a check: its account, its number, its stop, and the bank's questions about it. The `step` of its attempt says when
-- the bank was told of it, and the state of its attempt says whether it cleared or was stopped.

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
comment on table check_account is
  'One bank account has one sequence of numbers, whatever its name is and no matter who prints its checks.';
comment on column check_account.fingerprint is 'A keyed hash of the routing and account number. Once set, it never changes.';

alter table payer_gateway add foreign key (check_account_id, payer_id) references check_account(id, payer_id);

-- The register has each number once, and the reason why it is used: an attempt drew it, or it is spoiled.
create table check_register(
  check_account_id int not null references check_account,
  number bigint not null check (number > 0),
  attempt_id uuid unique references payout_attempt,
  spoiled_because text check (spoiled_because <> ''),
  recorded_by uuid references actor,
  issued_at timestamptz not null default now(),
  primary key (check_account_id, number),
  constraint explained_once check (num_nonnulls(attempt_id, spoiled_because) = 1),
  constraint spoiled_by_a_person check ((spoiled_because is null) = (recorded_by is null))
);
comment on column check_register.spoiled_because is
  'The reason why no check of ours has the number: damaged, destroyed or lost paper, or a use outside of Bursar.';

-- A person put a check that we printed into the mail. Until then the partner is not told that it is on its way.
create table check_mailing(
  attempt_id uuid primary key references payout_attempt,
  mailed_on date not null,
  recorded_by uuid not null references actor,
  recorded_at timestamptz not null default now()
);
-- The printed checks that nobody has mailed are looked for every minute.
create index checks_to_mail on payout_attempt(id) where gateway = 'printed-check' and state = 'accepted';

-- A person asks the bank to stop a check, or to renew a stop. The bank's reply is recorded once.
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
comment on column check_stop.is_void is
  'Whether the bank also voided the number. Then the check stays worthless when the stop lapses.';
comment on column check_stop.expires_on is
  'The day on which the stop lapses, as the bank says. Null where the bank did not know the check and only voided its number.';

-- A check was presented that does not match what we filed with the bank. A person decides before the bank's deadline. After the
-- deadline the bank returns the check.
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
