-- Double entry: the entries of a journal add up to zero, and a journal is closed when its transaction commits. The providers' statements
-- are stored besides the ledger and compared with it.

create table ledger_account(
  id bigint generated always as identity primary key,
  code text not null unique,
  currency text not null references unit,
  partner_id bigint references partner,
  cached boolean not null default false,
  debits bigint not null default 0 check (debits >= 0),
  credits bigint not null default 0 check (credits >= 0),
  guarded boolean not null default false,
  unique (id, currency),
  constraint points_have_own_accounts check (starts_with(code, 'points:') = is_points(currency)),
  check (not guarded or credits >= debits),
  check (cached or (debits = 0 and credits = 0))
);
create index ledger_account_own on ledger_account(code) where partner_id is null;
create index on ledger_account(partner_id) where partner_id is not null;
comment on column ledger_account.cached is
  'Partner accounts keep their sums here. Our own accounts do not, because every payment would queue for the same row.';

create table ledger_journal(
  id uuid primary key default uuidv7(),
  kind text not null check (kind in ('accrual', 'send', 'debit', 'fee', 'fail', 'return', 'partial_return', 'suspense',
    'adjustment', 'transfer', 'write_off', 'points_earned', 'points_redeemed', 'points_returned', 'points_expired', 'points_converted',
    'points_transferred', 'conversion')),
  idempotency_key text not null,
  currency text not null references unit,
  constraint points_have_own_journals check (starts_with(kind, 'points_') = is_points(currency)),
  effective_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  txid xid8 not null default pg_current_xact_id(),
  reverses_id uuid unique references ledger_journal,
  unique (kind, idempotency_key),
  unique (id, currency)
);
-- A key begins with the id of what the journal is about: an attempt, or a decision of people.
create index ledger_journal_about on ledger_journal(split_part(idempotency_key, '/', 1)) where kind <> 'accrual';

create table ledger_entry(
  journal_id uuid not null,
  line_no smallint not null check (line_no > 0),
  account_id bigint not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor <> 0),
  primary key (journal_id, line_no),
  foreign key (journal_id, currency) references ledger_journal(id, currency),
  foreign key (account_id, currency) references ledger_account(id, currency)
);
-- The amount is in it, so that the balance of an account of ours is read from the index alone.
create index on ledger_entry(account_id, journal_id, line_no) include (amount_minor);
comment on column ledger_entry.amount_minor is 'A debit is positive, and a credit is negative.';

create table recon_report(
  id uuid primary key default uuidv7(),
  gateway text not null check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  payer_id int not null references payer,
  currency char(3) not null references currency,
  day date not null,
  line_count int not null default 0,
  break_count int not null default 0,
  read_at timestamptz,
  tried_at timestamptz not null default now(),
  problem text,
  unique (gateway, payer_id, currency, day)
);
create index on recon_report(day);

create table recon_line(
  report_id uuid not null references recon_report,
  line_id text not null,
  version smallint not null default 1 check (version > 0),
  gateway text not null,
  kind text not null check (kind in ('payout', 'fee', 'return', 'funding', 'other')),
  currency char(3) not null references currency,
  amount_minor bigint not null,
  occurred_at timestamptz not null,
  reference text,
  matched_attempt_id uuid references payout_attempt,
  matched_batch_id uuid references provider_batch,
  primary key (report_id, line_id, version)
);
create index on recon_line(matched_attempt_id);
create index on recon_line(matched_batch_id) where matched_batch_id is not null;
comment on column recon_line.matched_batch_id is
  'The batch that it names. PayPal may write one line for the fees of a whole batch.';
comment on column recon_line.version is
  'A provider may correct a line. The first version stays as a fact, and the highest version counts.';

create table recon_break(
  id bigint generated always as identity primary key,
  gateway text not null,
  kind text not null check (kind in ('missing_at_provider', 'missing_in_ledger', 'amount_differs', 'fee_differs', 'paid_twice',
    'return_not_booked', 'unknown_outcome')),
  subject text not null,
  attempt_id uuid references payout_attempt,
  currency char(3) references currency,
  expected_minor bigint,
  found_minor bigint,
  opened_at timestamptz not null default now(),
  resolved_at timestamptz,
  resolution text
);
create unique index one_open_break on recon_break(gateway, kind, subject, currency) where resolved_at is null;

-- Everything about a payment that finance must be told: it failed, came back, waits to be claimed, was cut after approval, or is a break.
-- Triggers write it, so that no path of the code can forget it.
create table incident(
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('payout_failed', 'payout_returned', 'payout_unclaimed', 'payout_cut', 'break')),
  payout_id uuid references payout,
  break_id bigint unique references recon_break,
  at timestamptz not null default now(),
  digest text check (digest <> ''),
  at_once text check (at_once <> ''),
  unique (payout_id, kind),
  check (num_nonnulls(payout_id, break_id) = 1),
  check ((kind = 'break') = (break_id is not null))
);
create index on incident(id) where digest is null;
create index on incident(digest);
create index on incident(at_once) where at_once is not null;
comment on column incident.digest is 'The digest that tells it. Null until the next sweep puts it into one.';
comment on column incident.at_once is 'The notice that tells it at once. Null where the digest is soon enough.';

-- A month of a program that is worked out again from its events and terms, and compared with the books and with what the sources say.
create table audit(
  id uuid primary key default uuidv7(),
  program_id int not null references program,
  month date not null check (extract(day from month) = 1),
  controls jsonb not null default '[]',
  state text not null default 'running' check (state in ('running', 'done', 'failed')),
  done_through bigint not null default 0,
  not_worked_out bigint not null default 0,
  asked_by uuid references actor,
  asked_at timestamptz not null default now(),
  ended_at timestamptz,
  check ((state = 'running') = (ended_at is null))
);
create index on audit(program_id, id);
create unique index one_audit_by_itself on audit(program_id, month) where asked_by is null;
create index audit_running on audit(id) where state = 'running';
comment on column audit.done_through is 'The last partner that was compared.';
comment on column audit.not_worked_out is 'The events of the month whose earnings are still to be worked out, for each partner.';
comment on column audit.asked_by is 'Null for the audit that starts by itself after each month.';

-- The sums of a partner in a month, in minor units. The events are those that happened in it; the postings are those that were booked in it.
create table audit_sum(
  audit_id uuid not null references audit,
  partner_id bigint not null,
  unit text not null,
  event_count bigint not null,
  earned_minor bigint not null,
  booked_minor bigint not null,
  posted_minor bigint not null,
  ledger_minor bigint not null,
  events text[] not null default '{}',
  primary key (audit_id, partner_id, unit)
);
create index audit_sum_differs on audit_sum(audit_id, partner_id, unit) where events <> '{}' or posted_minor <> ledger_minor;
comment on column audit_sum.earned_minor is 'The booked earnings of the events of the month, and what they lack of what their windows are worth.';
comment on column audit_sum.posted_minor is 'The earnings that were booked in the month.';
comment on column audit_sum.events is 'The first events of the windows that differ. Empty if none does.';

-- The events of a month on file, by source, kind and currency. An event without an amount has the currency ''.
create table audit_source(
  audit_id uuid not null references audit,
  source text not null,
  kind text not null,
  currency text not null,
  event_count bigint not null,
  exact_amount numeric not null,
  primary key (audit_id, source, kind, currency)
);
