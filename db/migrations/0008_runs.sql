-- Runs, the people whom they pay, and the people who approved them.

create table run_edge(from_status text, to_status text, primary key (from_status, to_status));
insert into run_edge values
  ('preparing', 'review'), ('preparing', 'disbursed'), ('preparing', 'cancelled'),
  ('review', 'approved'), ('review', 'rejected'), ('review', 'expired'), ('review', 'cancelled'), ('review', 'disbursed'),
  ('approved', 'disbursing'), ('approved', 'cancelled'),
  ('disbursing', 'paused'), ('disbursing', 'disbursed'), ('paused', 'disbursing');

create table payout_run(
  id uuid primary key,
  schedule_id int not null references pay_schedule,
  kind text not null check (kind in ('scheduled', 'on_demand')),
  period_start date not null,
  period_end date not null,
  redo smallint not null default 0 check (redo >= 0),
  cutoff_at timestamptz not null,
  pay_on date not null,
  status text not null default 'preparing' check (status in
    ('preparing', 'review', 'approved', 'disbursing', 'paused', 'disbursed', 'rejected', 'expired', 'cancelled')),
  preparer_id uuid references actor,
  replaces_id uuid references payout,
  ask_reason text check (ask_reason <> ''),
  content_hash bytea,
  status_reason text,
  review_since timestamptz,
  due_at timestamptz not null default now(),
  created_at timestamptz(3) not null default now(),
  check (period_end > period_start),
  check ((replaces_id is null) = (ask_reason is null)),
  check (replaces_id is null or kind = 'on_demand')
);
comment on column payout_run.created_at is 'In whole milliseconds, as a page of a list begins after one.';
create unique index one_run_a_period on payout_run(schedule_id, period_end, redo) where kind = 'scheduled';
create index on payout_run(due_at) where status in ('preparing', 'review', 'approved', 'disbursing', 'paused');
create unique index one_open_run_a_schedule on payout_run(schedule_id) where status in ('preparing', 'review') and replaces_id is null;
create unique index one_open_replacement_run on payout_run(replaces_id) where status in ('preparing', 'review', 'approved');
comment on column payout_run.preparer_id is 'The person who asked for the run. Null for a scheduled run.';
comment on column payout_run.replaces_id is
  'The payout that this run replaces. The run pays that partner in that currency, and nobody else.';

alter table payout add foreign key (run_id) references payout_run;
alter table provider_batch add foreign key (run_id) references payout_run;

create table run_outcome(
  run_id uuid not null references payout_run,
  partner_id bigint not null references partner,
  currency char(3) not null,
  outcome text not null check (outcome in ('paid', 'nothing_due', 'partner_merged', 'negative_balance', 'partner_on_hold',
    'no_instrument', 'instrument_failed', 'instrument_cooling_off', 'instrument_not_confirmed', 'method_not_offered', 'below_minimum', 'excluded', 'changed_after_approval',
    'held_after_approval', 'cut_after_approval')),
  payable_minor bigint not null,
  reasons jsonb not null default '[]',
  payout_id uuid,
  primary key (run_id, partner_id, currency),
  foreign key (payout_id, partner_id, currency) references payout(id, partner_id, currency),
  check ((outcome in ('paid', 'excluded', 'changed_after_approval', 'held_after_approval',
    'cut_after_approval')) = (payout_id is not null))
);

-- The changes for a partner while the run was in review, each with the content that reviewers saw before.
create table run_change(
  id bigint generated always as identity primary key,
  run_id uuid not null references payout_run,
  partner_id bigint not null references partner,
  currency char(3) not null references currency,
  before_outcome text,
  before_minor bigint,
  after_outcome text not null,
  after_minor bigint not null,
  seen_hash bytea not null,
  at timestamptz not null default now()
);
create index on run_change(run_id, id);

create table run_edit(
  id bigint generated always as identity primary key,
  run_id uuid not null references payout_run,
  payout_id uuid not null references payout,
  actor_id uuid not null references actor,
  reason text not null check (reason <> ''),
  at timestamptz not null default now()
);
create index on run_edit(run_id);

create table decision_note(
  id uuid primary key default uuidv7(),
  actor_id uuid not null references actor,
  note text not null check (note <> ''),
  at timestamptz not null default now()
);
comment on table decision_note is
  'The notes of decisions. Only their ids travel through Temporal, which stores its data unencrypted.';

create table approval(
  id bigint generated always as identity primary key,
  run_id uuid not null references payout_run,
  content_hash bytea not null,
  actor_id uuid not null references actor,
  decision text not null check (decision in ('approve', 'reject')),
  note_id uuid references decision_note,
  signature_id uuid unique references signature,
  at timestamptz not null default now(),
  unique (run_id, content_hash, actor_id),
  check (signature_id is null or decision = 'approve')
);
comment on column approval.signature_id is 'The signature of the person. Null where they approved with a key of the API.';

alter table earning_line add foreign key (carried_from) references payout_run;
