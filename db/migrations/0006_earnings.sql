-- The events that partners caused, and the earnings from them. All tables here are append only, except `import` and `event_due`, which
-- lists the work that is still to do.

-- Where a column of these tables names a row without a foreign key, `check_known_rows` looks it up, once for a statement.
create table event(
  id bigint generated always as identity primary key,
  source text not null check (source ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  source_id text not null check (length(source_id) between 1 and 200),
  revision int not null default 1 check (revision > 0),
  partner_id bigint not null,
  program_id int not null,
  kind text not null check (kind ~ '^[a-z][a-z0-9_]{0,39}$'),
  currency char(3),
  amount_minor bigint check (amount_minor >= 0),
  exact_amount bigint check (exact_amount >= 0),
  other_amounts jsonb not null default '{}',
  quantity int check (quantity > 0),
  attributes jsonb not null default '{}',
  reading jsonb,
  about text,
  occurred_at timestamptz not null,
  booked_at timestamptz not null default now(),
  payload_hash bytea not null,
  sent_by uuid,
  worked_out_for smallint not null default 1,
  share_count smallint not null default 0 check (share_count = 0 or share_count between 2 and 20),
  unique (source, source_id, revision),
  check ((kind in ('refund', 'collected', 'uncollected')) = (about is not null)),
  check (kind <> 'sale' or amount_minor is not null),
  check (amount_minor is null or currency is not null),
  check (exact_amount is null or (amount_minor is not null and abs(exact_amount - amount_minor * 10000) <= 5000))
);
create index on event using brin (booked_at);
create index on event using brin (occurred_at);
create index on event(partner_id, occurred_at);
create index on event(source, about) where about is not null;
comment on column event.revision is 'The highest revision of a source and id is what happened. It corrects the others.';
comment on column event.exact_amount is 'The main amount in ten-thousandths of a minor unit, where it has more digits than its currency. amount_minor is then rounded.';
comment on column event.about is 'The event that a refund takes back, or whose payment a collection tells of.';
comment on column event.worked_out_for is 'The number of partners for whom the event is worked out: those who earned by it before, and those who earn by it now.';

comment on column event.share_count is 'The number of rows of event_share that the event has: 0 where one partner did it alone.';

-- The parts of an event that several partners share. Amounts are split by the weights when they are worked out.
create table event_share(
  event_id bigint not null references event,
  no smallint not null check (no > 0),
  partner_id bigint not null references partner,
  weight bigint not null check (weight > 0),
  primary key (event_id, no)
);
create index on event_share(partner_id, event_id);
comment on table event_share is
  'The partners who share an event, in the order in which they were named. The first one is the partner of the event.';
comment on column event_share.weight is 'Millionths. Only the ratios of the weights of an event count.';

-- The partners above a partner of an event, for whom the event is worked out too because terms of the partner pay them.
create table event_ancestor(
  event_id bigint not null references event,
  child_id bigint not null references partner,
  partner_id bigint not null references partner check (partner_id <> child_id),
  level smallint check (level > 0),
  plan_version_id int references plan_version,
  check ((level is null) = (plan_version_id is null)),
  primary key (event_id, child_id, partner_id)
);
create index on event_ancestor(partner_id, event_id);
comment on column event_ancestor.level is
  'How far above the child the partner is: 1 is the parent. Null where the partner only gives back what an earlier revision earned.';
comment on column event_ancestor.plan_version_id is
  'The terms by which the event was rated for the child when the partner above was named. They rate the override too, whatever is agreed later.';

create table event_due(
  event_id bigint not null,
  partner_id bigint not null,
  child_id bigint,
  program_id int not null,
  shard smallint not null,
  source text not null,
  waits_on text check (waits_on in ('sale', 'rate', 'ladder', 'eligibility')),
  waits_for text,
  waits_since timestamptz,
  set_aside_since timestamptz,
  set_aside_reason text,
  check (num_nulls(waits_on, waits_for, waits_since) in (0, 3)),
  check ((set_aside_since is null) = (set_aside_reason is null)),
  unique nulls not distinct (event_id, partner_id, child_id)
);
create index event_due_ready on event_due(program_id, shard, event_id, partner_id, coalesce(child_id, 0)) where waits_for is null and set_aside_since is null;
create index event_due_aside on event_due(event_id, partner_id, coalesce(child_id, 0)) where set_aside_since is not null;
create index event_due_aside_of on event_due(partner_id, event_id) where set_aside_since is not null;
create index event_due_waiting on event_due(source, waits_for) where waits_on = 'sale';
create index event_due_rateless on event_due(waits_for) where waits_on = 'rate';
create index event_due_unplaced on event_due(waits_for, partner_id) where waits_on = 'ladder';
create index event_due_waits on event_due(waits_on, program_id, waits_since, event_id) where waits_on is not null;
create index event_due_waits_of on event_due(waits_on, partner_id, waits_since, event_id) where waits_on is not null;
comment on table event_due is 'The events that are still to be worked out, one row for each partner who earns, or may lose, by the event.';
comment on column event_due.child_id is 'The partner of the event for whose part a partner above is worked out. Null for the part of the partner.';
comment on column event_due.waits_for is
  'A refund or payment that came before its sale waits for that sale, named by its source id. An event whose amounts cannot be converted yet waits for a rate, named by its source, day and currency. An event whose partner has no rung yet waits for the ladder, named by its fact and the first day of the rung. An event whose partner was not eligible waits for a person or a fact, and names the reason.';
comment on column event_due.set_aside_reason is 'Why the event cannot be worked out. It stays here until a person or a change makes it due again.';

-- The partner of an event on its local day, as they were known when it was first worked out. A refund or a later record about that day does
-- not change whom an incentive is for. Only events whose plan asks about partners have a row.
create table event_partner(
  event_id bigint not null references event,
  partner_id bigint not null references partner,
  day date not null,
  kind text not null,
  joined_on date,
  facts jsonb not null,
  barred text check (barred <> ''),
  primary key (event_id, partner_id)
);

-- A person's decision about an event whose partner was not eligible on its day: it is worked out, or it earns nothing.
create table event_admission(
  event_id bigint not null references event,
  partner_id bigint not null references partner,
  decision text not null check (decision in ('admit', 'dismiss')),
  reason text not null check (reason <> ''),
  decided_by uuid not null references actor,
  decided_at timestamptz not null default now(),
  primary key (event_id, partner_id)
);

comment on column event_partner.event_id is 'The revision that first had this day.';
comment on column event_partner.barred is 'Why the event earns the partner nothing. Null where the partner was eligible, or nobody asked.';
comment on column event_partner.facts is 'The values that held on the day, by the keys of their facts.';

create table event_quarantine(
  id bigint generated always as identity primary key,
  source text not null,
  source_id text not null,
  revision int not null default 1,
  payload jsonb not null,
  payload_hash bytea not null,
  sent_by uuid references actor,
  received_at timestamptz not null default now(),
  unique (source, source_id, payload_hash),
  foreign key (source, source_id, revision) references event(source, source_id, revision)
);
comment on table event_quarantine is
  'Events whose key came again with other content. They are kept aside for a person and count for nothing.';

-- A person's decision about a quarantined event. An accepted one became the next revision of its event.
create table event_quarantine_decision(
  quarantine_id bigint primary key references event_quarantine,
  decision text not null check (decision in ('accept', 'dismiss')),
  revision int,
  reason text not null check (reason <> ''),
  decided_by uuid not null references actor,
  decided_at timestamptz not null default now(),
  check ((decision = 'accept') = (revision is not null))
);

-- The secrets by which a source signs the events that it sends as webhooks. Several are in force while they are changed.
create table source_secret(
  id uuid primary key default uuidv7(),
  source text not null check (source ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  sealed bytea not null,
  key_id text not null,
  created_by uuid not null references actor,
  created_at timestamptz not null default now(),
  revoked_by uuid references actor,
  revoked_at timestamptz,
  check ((revoked_by is null) = (revoked_at is null))
);
create index on source_secret(source);
comment on column source_secret.sealed is 'The secret in the vault, as `source-secret/<id>`.';

-- Events whose partner was not known when they came. They are taken in once the partner is there.
create table event_parked(
  id bigint generated always as identity primary key,
  program_id int not null references program,
  partner_code text not null,
  source text not null,
  source_id text not null,
  revision int not null,
  currency char(3) references currency,
  amount_minor bigint,
  payload jsonb not null,
  payload_hash bytea not null,
  sent_by uuid not null references actor,
  parked_at timestamptz not null default now(),
  tried_at timestamptz,
  claimed_at timestamptz,
  dismissed_at timestamptz,
  dismissed_by uuid references actor,
  dismissed_because text check (dismissed_because <> ''),
  hands uuid[] not null default '{}',
  unique (source, source_id, revision, payload_hash),
  check ((dismissed_at is null) = (dismissed_by is null) and (dismissed_at is null) = (dismissed_because is null)),
  check (claimed_at is null or dismissed_at is null)
);
create index event_parked_open on event_parked(program_id, id) where claimed_at is null and dismissed_at is null;
create index event_parked_dismissed on event_parked(id) where dismissed_at is not null;
comment on column event_parked.partner_code is 'The partner whom it waits for: the first one who is not known.';
comment on column event_parked.tried_at is 'When the partner was there, but had no agreement on the day of the event.';
comment on column event_parked.hands is 'The people who dismissed or restored it. None of them may decide about paying it.';
comment on column event_parked.claimed_at is 'When it was taken in as an event.';
comment on column event_parked.dismissed_at is 'When a person said that nobody waits for it. It counts for nothing until it is sent again or restored.';

create table import(
  id uuid primary key default uuidv7(),
  file_name text not null,
  mapping jsonb,
  created_by uuid references actor,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  rows bigint not null default 0,
  accepted bigint not null default 0,
  replayed bigint not null default 0,
  quarantined bigint not null default 0,
  parked bigint not null default 0,
  rejected bigint not null default 0,
  skipped bigint not null default 0
);
comment on column import.mapping is 'How its rows become events. Null where each line of the file is an event as JSON.';
comment on column import.skipped is 'The rows that the mapping leaves out. They are not among `rows`.';

create table import_rejection(
  import_id uuid not null references import,
  line bigint not null,
  column_name text not null,
  reason text not null,
  primary key (import_id, line, column_name)
);

-- The quotas of partners. The latest row about a program, name, window and currency is in force. Its event has the window worked out again.
create table quota(
  id bigint generated always as identity primary key,
  event_id bigint not null unique references event,
  partner_id bigint not null references partner,
  program_id int not null references program,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  time_window text not null check (time_window in ('month', 'quarter', 'half-year', 'year')),
  window_start date not null,
  currency char(3) references currency,
  value bigint check (value > 0),
  reason text check (reason <> ''),
  recorded_by uuid not null references actor,
  recorded_at timestamptz not null default now()
);
create index on quota(partner_id, program_id, name, time_window, window_start, id);
create index on quota(partner_id, id);
comment on column quota.value is 'Minor units of the currency or, without one, units or events. Null takes the quota back.';

create table accrual_batch(
  id bigint generated always as identity primary key,
  program_id int not null references program,
  event_count int not null check (event_count > 0),
  booked_at timestamptz not null default now()
);

create index on accrual_batch(booked_at);

create table earning_line(
  id bigint generated always as identity primary key,
  partner_id bigint not null,
  program_id int not null,
  kind text not null check (kind in ('earned', 'reversed', 'corrected', 'returned_funds', 'adjusted', 'transferred', 'written_off',
    'converted')),
  batch_id bigint,
  resolution_id uuid,
  correction_id uuid,
  correction_item int,
  conversion_id uuid,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor <> 0),
  earning_count int not null,
  available_on date not null,
  split_from bigint references earning_line,
  carried_from uuid check (carried_from is null or split_from is not null),
  made_by uuid[] not null default '{}',
  booked_at timestamptz not null default now(),
  unique (id, partner_id, currency, amount_minor),
  constraint line_has_its_cause check (case
    when kind in ('earned', 'reversed', 'corrected') then batch_id is not null and earning_count > 0
    when kind = 'returned_funds' then resolution_id is not null and earning_count = 0
    when kind = 'converted' then conversion_id is not null and earning_count = 0
    else correction_id is not null and correction_item is not null and earning_count = 0 end
    and num_nonnulls(batch_id, resolution_id, correction_id, conversion_id) = 1 and num_nulls(correction_id, correction_item) in (0, 2))
);
create unique index one_line_a_batch on earning_line(partner_id, program_id, kind, currency, available_on, batch_id)
  where split_from is null;
create index on earning_line(program_id, partner_id);
create index on earning_line(split_from) where split_from is not null;
create index on earning_line(carried_from) where carried_from is not null;
create unique index one_line_a_resolution on earning_line(resolution_id) where split_from is null;
create unique index one_line_a_correction_item on earning_line(correction_id, correction_item)
  where correction_id is not null and split_from is null;
create unique index one_line_a_conversion on earning_line(conversion_id)
  where conversion_id is not null and split_from is null;
comment on column earning_line.carried_from is
  'The run that left this part out, because its gateway pays only whole units, or because a cap leaves a part of a debt. The next run considers it again.';
comment on column earning_line.made_by is 'The people who sent its events or wrote its terms. None of them may decide about paying it.';
comment on column earning_line.correction_id is 'The correction of two people that this line books. No event earned such a line.';
comment on column earning_line.conversion_id is 'The conversion of points that this line books. No event earned such a line.';
comment on column earning_line.resolution_id is
  'The decision of two people to credit the partner with a part that came back. No event earned such a line.';

-- The events that an incentive counts together: those of a partner in one window. An event that is paid by itself has no row here.
create table earning_scope(
  id bigint generated always as identity primary key,
  partner_id bigint not null,
  program_id int not null,
  incentive_id text not null,
  currency text not null,
  time_window text not null,
  window_start date not null,
  measure text not null,
  group_value text not null,
  earned_minor bigint not null check (earned_minor >= 0),
  unfunded_minor bigint not null default 0 check (unfunded_minor >= 0),
  closes_on date,
  is_closed boolean not null default false,
  closing_id bigint references event,
  quota bigint check (quota > 0),
  is_undivided boolean,
  made_by uuid[] not null default '{}',
  check (closes_on is not null or not is_closed),
  check (closes_on is not null or is_undivided is null),
  unique (partner_id, program_id, incentive_id, currency, time_window, window_start, measure, group_value)
);
create index earning_scope_closings on earning_scope(closes_on, id) where closing_id is null and closes_on is not null and is_undivided is null;
create index earning_scope_undivided on earning_scope(closes_on, id) where is_undivided;
create index earning_scope_pools on earning_scope(program_id, incentive_id, window_start, is_undivided, id) where is_undivided is not null;
create index on earning_scope(closing_id) where closing_id is not null;
comment on column earning_scope.closes_on is 'The local date on which a window that is earned at its close is closed.';
comment on column earning_scope.made_by is
  'The people who sent its events or wrote its terms, where it is earned at its close. None of them may decide about paying it.';
comment on column earning_scope.closing_id is 'The event of ours that closes it.';
comment on column earning_scope.quota is 'The quota that its measure is compared with, as it was last worked out. Null where none is set, or none is asked for.';
comment on column earning_scope.is_undivided is
  'Whether its measures changed since its pool was divided, or are in no division yet. Null where it counts for no pool.';
comment on column earning_scope.earned_minor is
  'The sum of all its earnings, which is the worth of its measures or its part of a pool, less the part that its budget did not pay.';

-- The measures of a scope, kept with every event. Terms that change within a window begin another segment.
create table scope_total(
  scope_id bigint not null,
  terms_since timestamptz not null,
  plan_version_id int not null,
  volume bigint not null check (volume >= 0),
  of_amount bigint not null check (of_amount >= 0),
  base bigint not null check (base >= 0),
  primary key (scope_id, terms_since, plan_version_id)
);

-- The pools that partners of a program divide. A pool has a row once its window is over.
create table pool(
  id bigint generated always as identity primary key,
  program_id int not null references program,
  incentive_id text not null,
  currency char(3) not null references currency,
  time_window text not null,
  window_start date not null,
  measure text not null,
  plan_version_id int not null references plan_version,
  noticed_at timestamptz not null default now(),
  unique (program_id, incentive_id, currency, time_window, window_start, measure)
);
comment on column pool.plan_version_id is
  'The terms that say how large the pool is: those that were in force on the last day of the window. Later terms do not change them.';

-- A pool is divided when its window is over, and again after its measures changed. The highest revision is in force.
create table pool_division(
  pool_id bigint not null references pool,
  revision int not null check (revision > 0),
  total bigint not null check (total >= 0),
  pool_minor bigint not null check (pool_minor >= 0),
  made_by uuid[] not null,
  divided_at timestamptz not null default now(),
  primary key (pool_id, revision)
);
comment on column pool_division.total is 'The measures of the partners who take part, in minor units, units or events.';
comment on column pool_division.made_by is
  'The people who sent the events of all its partners or wrote the terms. None of them may decide about paying a part.';

-- The parts of a division that differ from those before. Each has an event of ours, which books the difference.
create table pool_part(
  event_id bigint primary key references event,
  pool_id bigint not null,
  revision int not null,
  scope_id bigint not null references earning_scope,
  volume bigint not null check (volume >= 0),
  amount_minor bigint not null check (amount_minor >= 0),
  unique (scope_id, revision),
  foreign key (pool_id, revision) references pool_division
);
create index on pool_part(pool_id, revision);

-- The events of a scope that counts only the first ones of a customer, each with its measures by a version of a plan.
create table scope_member(
  scope_id bigint not null references earning_scope,
  origin_id bigint not null references event,
  origin_key text not null,
  occurred_at timestamptz not null,
  plan_version_id int not null references plan_version,
  volume bigint not null check (volume >= 0),
  of_amount bigint not null check (of_amount >= 0),
  primary key (scope_id, origin_id, plan_version_id)
);

-- The customers of a scope that counts them, each with the number of their events that have something left, by the terms of a segment.
create table scope_customer(
  scope_id bigint not null references earning_scope,
  customer text not null,
  terms_since timestamptz not null,
  plan_version_id int not null references plan_version,
  events bigint not null check (events >= 0),
  base bigint not null check (base >= 0),
  primary key (scope_id, customer, terms_since, plan_version_id)
);
comment on column scope_customer.base is 'The number of their events in the window that this one is compared with.';

-- The difference that an event made to what a scope is worth. Its keys name rows that the same transaction read or wrote, and that never
-- go away, so no foreign key looks them up again. The invariants compare them every night.
create table earning(
  event_id bigint not null,
  n smallint not null,
  partner_id bigint not null,
  child_id bigint,
  program_id int not null,
  origin_id bigint not null,
  incentive_id text not null,
  scope_id bigint,
  plan_version_id int not null,
  terms_since timestamptz not null,
  batch_id bigint not null,
  earning_line_id bigint,
  currency text not null,
  amount_minor bigint not null,
  volume bigint not null,
  of_amount bigint not null,
  base bigint not null default 0,
  available_on date not null,
  before jsonb,
  uncollected_minor bigint not null default 0,
  rate jsonb,
  late_for text check (late_for ~ '^(month|quarter|half-year|year|promotion) \d{4}-\d{2}-\d{2}$'),
  customer text,
  budget_id int,
  unfunded_minor bigint,
  check ((budget_id is null) = (unfunded_minor is null)),
  unique nulls not distinct (event_id, partner_id, child_id, n),
  constraint points_have_no_line check (earning_line_id is null or not is_points(currency))
);
create index on earning using brin (batch_id);
create index on earning(earning_line_id);
create index earning_converted on earning(program_id, (rate->>'source'), available_on) where rate is not null;
create index earning_changes on earning(partner_id, origin_id) where origin_id <> event_id;
create index earning_overrides on earning(partner_id, event_id) where child_id is not null;
create index earning_uncollected on earning(partner_id) where uncollected_minor <> 0;
comment on column earning.uncollected_minor is 'The change of what waits until the event is paid. It is not money yet.';
comment on column earning.unfunded_minor is 'The change of what the budget did not pay. With the amount it makes the change of the worth.';
comment on column earning.child_id is 'The partner of the event whose terms pay this partner above. Null where partners earn by their own part.';
comment on column earning.origin_id is 'The event whose measures changed: the event itself, or the sale that it refunds or corrects.';
comment on column earning.terms_since is 'The instant from which the partner had these terms. It names the segment of the window.';
comment on column earning.volume is 'The change of the measure. With `before`, it is enough to compute the amount again.';
comment on column earning.rate is
  'The rate at which the amounts that are left of the event were converted, with these amounts. Null where none was converted.';
comment on column earning.late_for is
  'The window that was closed before its event came. The event then counts in a later window, or nowhere. Null where it counts in its own.';
comment on column earning.customer is 'The customer of the event, where an incentive counts customers. Otherwise null.';
comment on column earning.before is 'The earnings and measures of the scope before the change. Null where it was empty.';

-- A draft of terms that is replayed over past events, besides what the plan in force earned for them. Nothing is earned by it.
create table back_test(
  id uuid primary key default uuidv7(),
  program_id int not null references program,
  plan_id int not null references plan,
  terms jsonb not null,
  starts_on date not null check (isfinite(starts_on)),
  ends_on date not null check (isfinite(ends_on)),
  tier_key text references fact_key,
  state text not null default 'running' check (state in ('running', 'done', 'failed')),
  done_through bigint not null default 0,
  asked_by uuid not null references actor,
  asked_at timestamptz not null default now(),
  ended_at timestamptz,
  check (ends_on > starts_on),
  check ((state = 'running') = (ended_at is null))
);
create index back_test_running on back_test(id) where state = 'running';
comment on column back_test.tier_key is 'The fact by whose value on the day of an event the sums are told apart.';
comment on column back_test.done_through is 'The last partner whose events were replayed.';

-- The sums of a partner, month and tier, in minor units: what the plan earned, and what the draft would have earned.
-- The sums of each partner, and those of each month and tier. Both are sums of the same earnings.
create table back_test_partner(
  back_test_id uuid not null references back_test,
  partner_id bigint not null,
  unit text not null,
  event_count bigint not null,
  old_minor bigint not null,
  new_minor bigint not null,
  stopped_count bigint not null,
  primary key (back_test_id, partner_id, unit)
);
comment on column back_test_partner.stopped_count is 'The events that earned something, and would earn nothing by the draft.';

create table back_test_group(
  back_test_id uuid not null references back_test,
  month date not null,
  tier text not null,
  unit text not null,
  event_count bigint not null,
  old_minor bigint not null,
  new_minor bigint not null,
  primary key (back_test_id, month, tier, unit)
);

-- The worth that the draft asks of a budget for a partner, in minor units, whether the budget has as much or not.
create table back_test_budget(
  back_test_id uuid not null references back_test,
  partner_id bigint not null,
  budget text not null,
  unit text not null,
  needed_minor bigint not null,
  primary key (back_test_id, budget, unit, partner_id)
);

-- The first events of each partner that would newly earn nothing, with the reason.
create table back_test_event(
  back_test_id uuid not null references back_test,
  partner_id bigint not null,
  event_id bigint not null,
  unit text not null,
  old_minor bigint not null,
  reason text not null,
  primary key (back_test_id, partner_id, event_id, unit)
);

-- The cost of incentives and the value that they moved, by the local day of the booking, summed over the batches that were booked before an instant.
create table incentive_day(
  program_id int not null references program,
  booked_on date not null,
  incentive_id text not null,
  unit text not null,
  cost_minor bigint not null,
  moved_exact numeric not null,
  event_count bigint not null check (event_count >= 0),
  primary key (booked_on, program_id, incentive_id, unit)
);
comment on column incentive_day.moved_exact is 'Ten-thousandths of a minor unit of the unit.';
comment on column incentive_day.event_count is 'The events that earned for the first time.';

create table incentive_days_kept(
  is_one boolean primary key default true check (is_one),
  until timestamptz not null
);
insert into incentive_days_kept(until) values ('-infinity');
comment on column incentive_days_kept.until is 'The batches that were booked before it are in the sums, and no later one is.';
