-- Payouts, the attempts to pay them, and what providers and people said about them.

create table payout_edge(from_status text, to_status text, primary key (from_status, to_status));
insert into payout_edge values
  ('draft', 'approved'), ('draft', 'cancelled'), ('approved', 'executing'), ('approved', 'cancelled'),
  ('executing', 'sent'), ('executing', 'settled'), ('executing', 'failed'), ('executing', 'returned'), ('executing', 'cancelled'),
  ('sent', 'settled'), ('sent', 'returned'), ('sent', 'failed'), ('settled', 'returned');

create table attempt_edge(from_state text, to_state text, primary key (from_state, to_state));
insert into attempt_edge
  select from_state, to_state from (values
    ('prepared', array['submitted', 'failed']),
    ('submitted', array['unknown', 'accepted', 'sent', 'settled', 'unclaimed', 'on_hold', 'needs_person', 'failed', 'returned']),
    ('unknown', array['submitted', 'accepted', 'sent', 'settled', 'unclaimed', 'on_hold', 'needs_person', 'failed', 'returned']),
    ('needs_person', array['unknown', 'accepted', 'sent', 'settled', 'unclaimed', 'on_hold', 'failed', 'returned']),
    ('accepted', array['unknown', 'sent', 'settled', 'unclaimed', 'on_hold', 'needs_person', 'failed', 'returned']),
    ('on_hold', array['accepted', 'sent', 'settled', 'unclaimed', 'needs_person', 'failed', 'returned']),
    ('unclaimed', array['accepted', 'sent', 'settled', 'on_hold', 'needs_person', 'failed', 'returned']),
    ('sent', array['accepted', 'settled', 'on_hold', 'unclaimed', 'needs_person', 'stale', 'failed', 'returned']),
    ('stale', array['settled', 'needs_person', 'failed', 'returned']),
    ('settled', array['returned', 'on_hold', 'needs_person'])
  ) edges(from_state, to_states), unnest(to_states) as to_state;

create table batch_edge(from_state text, to_state text, primary key (from_state, to_state));
insert into batch_edge values
  ('prepared', 'submitted'), ('prepared', 'failed'),
  ('submitted', 'unknown'), ('submitted', 'needs_person'), ('submitted', 'accepted'), ('submitted', 'refused'),
  ('unknown', 'needs_person'), ('unknown', 'accepted'), ('unknown', 'refused'), ('unknown', 'done'),
  ('needs_person', 'accepted'), ('accepted', 'done'), ('refused', 'failed');

create table resolution_edge(from_status text, to_status text, primary key (from_status, to_status));
insert into resolution_edge values ('proposed', 'confirmed'), ('proposed', 'refused'), ('proposed', 'overtaken'),
  ('confirmed', 'applied'), ('confirmed', 'overtaken');

-- The instrument proves the partner, and the lines prove the currency.
create table payout(
  id uuid primary key,
  run_id uuid not null,
  partner_id bigint not null,
  currency char(3) not null,
  method text not null check (method in ('bank', 'paypal', 'check')),
  gateway text not null check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  gross_minor bigint not null,
  withheld_minor bigint not null default 0 check (withheld_minor >= 0),
  fee_minor bigint not null default 0 check (fee_minor >= 0),
  net_minor bigint not null check (net_minor > 0),
  instrument_version_id uuid not null,
  replaces_id uuid,
  status text not null default 'draft' check (status in
    ('draft', 'approved', 'executing', 'sent', 'settled', 'failed', 'returned', 'cancelled')),
  status_reason text,
  cut_reason text check (cut_reason <> ''),
  held_at timestamptz,
  held_by uuid references actor,
  held_reason text check (held_reason <> ''),
  due_at timestamptz not null default now(),
  created_at timestamptz(3) not null default now(),
  status_at timestamptz not null default now(),
  foreign key (instrument_version_id, partner_id, method) references instrument_version(id, partner_id, method),
  check (net_minor = gross_minor - withheld_minor - fee_minor),
  check ((held_at is null) = (held_by is null) and (held_at is null) = (held_reason is null)),
  check ((method, gateway) in (('bank', 'wise'), ('paypal', 'paypal'), ('check', 'lob'), ('check', 'printed-check'))),
  unique (id, partner_id, currency),
  foreign key (replaces_id, partner_id, currency) references payout(id, partner_id, currency)
);
comment on column payout.cut_reason is
  'The reason of a person who takes it out of its approved run. Its batch is dissolved first, if it is in one.';
comment on column payout.created_at is 'In whole milliseconds, as a page of a list begins after one.';
comment on column payout.held_at is 'Since when a person holds it: it stays in its run, and its provider is not asked. Null: nobody does.';
create unique index one_live_payout on payout(run_id, partner_id, currency) where status <> 'cancelled';
create index payout_of_partner on payout(partner_id, created_at desc, id desc) include (status, instrument_version_id);
create index on payout(run_id, status, id);
create index on payout(status, id);
create index on payout(method, id);
create index payout_settled on payout(status_at) include (run_id, currency, net_minor) where status = 'settled';
create index payout_moved on payout(run_id, status, status_at);
create index payout_held on payout(run_id) where held_at is not null and status in ('draft', 'approved', 'executing');
create index on payout(due_at, id) where status in ('approved', 'executing', 'sent');
create unique index one_live_replacement on payout(replaces_id) where status not in ('failed', 'returned', 'cancelled');

-- Every status that a payout ever had. A trigger writes it.
create table payout_history(
  id bigint generated always as identity primary key,
  payout_id uuid not null,
  status text not null,
  at timestamptz not null default now()
);
create index on payout_history(payout_id, id);

alter table task add foreign key (payout_id) references payout;

-- A payout that failed or came back because of the details of its instrument. Nothing is paid to that instrument until an operator
-- clears the failure, or the partner gives other details.
create table instrument_failure(
  payout_id uuid primary key references payout,
  instrument_id uuid not null references instrument_version,
  reason text not null,
  advice text not null,
  objections jsonb not null default '[]' check (jsonb_typeof(objections) = 'array'),
  failed_at timestamptz not null default now(),
  cleared_by uuid references actor,
  cleared_at timestamptz,
  clear_reason text check (clear_reason <> ''),
  check ((cleared_at is null) = (cleared_by is null) and (cleared_at is null) = (clear_reason is null))
);
create index on instrument_failure(instrument_id);
comment on column instrument_failure.reason is 'The code of the provider, or our own.';
comment on column instrument_failure.objections is
  'The objection of the provider, or ours, to each field, as {field, reason}. A reason never repeats the value.';
comment on column instrument_failure.advice is 'The sentence that tells the partner what to fix.';

create table payout_line(
  payout_id uuid not null,
  earning_line_id bigint not null,
  partner_id bigint not null,
  currency char(3) not null,
  amount_minor bigint not null,
  taken_at timestamptz not null default now(),
  released_at timestamptz,
  -- True until it is released, then null. Nulls are never equal, so a line may have been released often but is taken once.
  taken boolean generated always as (nullif(released_at is null, false)) stored,
  primary key (payout_id, earning_line_id),
  foreign key (earning_line_id, partner_id, currency, amount_minor)
    references earning_line(id, partner_id, currency, amount_minor)
);
-- An index of the unreleased lines alone would say the same, but PostgreSQL would read all of it for the lines of one payout whenever it
-- believes that few lines are unreleased.
create unique index earning_line_paid_once on payout_line(earning_line_id, taken);

-- Payments that a provider is asked for together: PayPal's batches and Wise's batch groups. The content of a batch never changes.
create table provider_batch(
  id uuid primary key,
  run_id uuid not null,
  gateway text not null check (gateway in ('wise', 'paypal')),
  currency char(3) not null references currency,
  number smallint not null check (number > 0),
  item_count int not null check (item_count > 1),
  total_minor bigint not null check (total_minor > 0),
  provider_key text not null,
  provider_ref text,
  request_sealed bytea not null,
  request_hash bytea not null,
  step text,
  state text not null default 'prepared' check (state in
    ('prepared', 'submitted', 'unknown', 'needs_person', 'accepted', 'refused', 'done', 'failed')),
  word text,
  reason text,
  evidence jsonb not null default '{}',
  handed_to uuid,
  submitted_at timestamptz,
  submit_deadline_at timestamptz,
  call_no int not null default 0,
  state_at timestamptz not null default now(),
  due_at timestamptz not null default now() + interval '1 minute',
  created_at timestamptz not null default now(),
  txid xid8 not null default pg_current_xact_id(),
  unique (run_id, gateway, currency, number),
  unique (gateway, provider_key),
  unique (gateway, provider_ref),
  check ((state = 'prepared') = (submitted_at is null) or state = 'failed')
);
create index on provider_batch(due_at) where state not in ('done', 'failed');
comment on table provider_batch is
  'Payments that a provider is asked for at once. A batch is inserted with all its attempts, and gains no more.';
comment on column provider_batch.handed_to is
  'The last payout, in id order, that has been told to follow its own payment from now on.';

create table payout_attempt(
  id uuid primary key default uuidv7(),
  payout_id uuid not null references payout,
  attempt_no smallint not null check (attempt_no > 0),
  batch_id uuid references provider_batch,
  gateway text not null check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  provider_key text not null,
  provider_ref text,
  currency char(3) not null references currency,
  amount_minor bigint not null check (amount_minor > 0),
  check_number bigint,
  request_sealed bytea not null,
  request_hash bytea not null,
  step text,
  state text not null default 'prepared' check (state in ('prepared', 'submitted', 'unknown', 'needs_person', 'accepted',
    'on_hold', 'unclaimed', 'sent', 'stale', 'settled', 'returned', 'failed')),
  word text,
  reason text,
  evidence jsonb not null default '{}',
  answered_at timestamptz,
  resolution_id uuid,
  debited_minor bigint check (debited_minor >= 0),
  debit_fee_minor bigint check (debit_fee_minor >= 0),
  debit_fee_currency char(3) references currency,
  returned_minor bigint check (returned_minor >= 0),
  booked_at timestamptz,
  submitted_at timestamptz,
  owed_minor bigint,
  submit_deadline_at timestamptz,
  call_no int not null default 0,
  state_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  unique (payout_id, attempt_no),
  unique (gateway, provider_key),
  unique (gateway, provider_ref),
  check ((state = 'prepared') = (submitted_at is null) or state = 'failed'),
  check ((submitted_at is null) = (owed_minor is null)),
  check (state not in ('prepared', 'failed') or (debited_minor is null and returned_minor is null))
);
create unique index one_live_attempt on payout_attempt(payout_id) where state <> 'failed';
create index on payout_attempt(batch_id, payout_id) where batch_id is not null;
create index payout_attempt_open on payout_attempt(payout_id) where batch_id is null and state in ('prepared', 'submitted', 'unknown');
create index on payout_attempt(gateway, submitted_at);
create index on payout_attempt(provider_ref) where provider_ref is not null;
create index on payout_attempt(check_number) where check_number is not null;
comment on column payout_attempt.batch_id is 'The batch that asks for it. Null for a payment that is asked for on its own.';
comment on column payout_attempt.call_no is
  'Counts the callers who took the right to ask. A caller that another one has followed can no longer change anything.';
comment on column payout_attempt.owed_minor is
  'The amount that the partner was owed when the claim asked payability, as proof that no more was sent.';
comment on column payout_attempt.debit_fee_currency is
  'The currency of the fee. PayPal tells the fees of some payments in another one than the payment''s. Null: the payment''s.';
create index on payout_attempt(gateway, booked_at) where booked_at is not null;
comment on column payout_attempt.booked_at is 'When our books last changed what the provider took, kept or gave back.';
comment on column payout_attempt.answered_at is 'When a reply of the provider was last recorded.';
comment on column payout_attempt.resolution_id is 'The last decision of people about it.';

create table attempt_history(
  id bigint generated always as identity primary key,
  attempt_id uuid not null references payout_attempt,
  from_state text,
  to_state text not null,
  word text,
  reason text,
  evidence jsonb not null,
  said_by text check (said_by in ('us', 'provider', 'people')),
  resolution_id uuid,
  at timestamptz not null default now(),
  check (said_by <> 'people' or resolution_id is not null)
);
create index on attempt_history(attempt_id);
-- A later reply of the provider reopens a few settled payments. The sweep looks for them every minute.
create index settled_reopened on attempt_history(attempt_id) where from_state = 'settled' and to_state not in ('settled', 'returned');

create table webhook_inbox(
  gateway text not null check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  event_id text not null,
  provider_ref text,
  provider_key text,
  word text not null,
  state text,
  is_progress boolean not null default false,
  reason text check (reason ~ '^[A-Z][A-Z0-9_]{0,63}$'),
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  unmatched_at timestamptz,
  primary key (gateway, event_id)
);
create index on webhook_inbox(received_at) where processed_at is null and unmatched_at is null;
create index on webhook_inbox(gateway, provider_ref) where processed_at is null and unmatched_at is null;
create index on webhook_inbox(gateway, provider_ref) where reason is not null;
comment on table webhook_inbox is
  'The verified webhooks, reduced to ids and codes. Their bodies are not kept, because they name receivers.';
comment on column webhook_inbox.state is 'The state that it reports, in our terms. It only decides whether the provider is asked at once.';
comment on column webhook_inbox.unmatched_at is 'When it was given up, because it is about no payment of ours.';
comment on column webhook_inbox.reason is
  'The reason why a bank sent the money back. Wise gives it only in a webhook. It explains a return, and decides nothing.';

-- Two people decide what happened to a payment when its provider cannot tell, or what happens to a part that came back. One person
-- proposes with evidence, and another person confirms or refuses.
create table resolution(
  id uuid primary key default uuidv7(),
  task_id uuid not null references task,
  payout_id uuid not null references payout,
  attempt_id uuid not null references payout_attempt,
  outcome text not null check (outcome in ('paid', 'not_paid', 'returned', 'credit_partner', 'keep')),
  amount_minor bigint check (amount_minor > 0),
  evidence text not null check (evidence <> ''),
  reference text check (reference <> ''),
  proposed_by uuid not null references actor,
  proposed_at timestamptz not null default now(),
  status text not null default 'proposed' check (status in ('proposed', 'confirmed', 'refused', 'applied', 'overtaken')),
  decided_by uuid references actor,
  decided_at timestamptz,
  note text check (note <> ''),
  proposal_signature_id uuid unique references signature,
  decision_signature_id uuid unique references signature,
  ended_at timestamptz,
  check (decided_by <> proposed_by),
  check ((decided_by is null) = (decided_at is null)),
  check (status in ('proposed', 'overtaken') or decided_by is not null),
  check (status <> 'proposed' or decided_by is null),
  check ((status in ('applied', 'overtaken')) = (ended_at is not null)),
  check ((outcome in ('credit_partner', 'keep')) = (amount_minor is not null))
);
create unique index one_open_resolution on resolution(attempt_id) where status in ('proposed', 'confirmed');
create index on resolution(payout_id);
create index resolution_due on resolution(payout_id) where status = 'confirmed';
comment on table resolution is
  'The texts that people write stay here. Other places name only the id of the row, and no text travels through Temporal.';
comment on column resolution.amount_minor is 'The amount that this decides, of a part that came back.';
comment on column resolution.status is
  'applied: it is in the books. overtaken: the provider''s own reply came before this was applied, and counts instead.';

-- An attempt, its history and a line of returned funds may each follow from a resolution, and a resolution is about an attempt.
alter table payout_attempt add foreign key (resolution_id) references resolution;
alter table attempt_history add foreign key (resolution_id) references resolution;
alter table earning_line add foreign key (resolution_id) references resolution;
