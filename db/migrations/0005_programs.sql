-- The terms on which partners earn.

create table program(
  id int generated always as identity primary key,
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
  schedule_id int not null references pay_schedule,
  name text not null check (name <> ''),
  partner_kinds text[] not null default '{}',
  eligibility jsonb not null default '{"needs": [], "territories": [], "exclusive": []}',
  bars_events boolean not null default false,
  admission_by uuid references actor,
  admission_since timestamptz not null default now(),
  fact_grants jsonb not null default '[]',
  attributes text[] not null default '{}',
  confirms_details boolean not null default false,
  unknown_partners text not null default 'refuse' check (unknown_partners in ('refuse', 'park')),
  changed_events text not null default 'quarantine' check (changed_events in ('quarantine', 'correct')),
  refund_wait_hours int not null default 24 check (refund_wait_hours between 0 and 168),
  exact_amounts boolean not null default false,
  created_at timestamptz not null default now()
);
create index on program(schedule_id);
comment on column program.bars_events is 'Whether events of partners who are not eligible ever earned nothing, or were parked. It stays true.';
comment on column program.admission_by is 'The person who last changed partner_kinds and eligibility, and so decides with them which events earn.';
comment on column program.admission_since is 'When this was.';
comment on column program.confirms_details is
  'Whether changed payout details of its partners are paid to only after a second person called the partner back.';
comment on column program.unknown_partners is
  'The treatment of an event whose partner is not known. It is refused, or it is parked until the partner is added.';
comment on column program.changed_events is
  'The treatment of an event that comes again with other content and without a revision. It is quarantined, or it corrects the event.';
comment on column program.refund_wait_hours is 'How many hours a refund waits for its sale before operators are told.';
comment on column program.exact_amounts is 'Whether the main amount of an event may have more digits than its currency.';
comment on column program.attributes is 'The names of the facts that its events may have, such as product.';

-- The things that partners earn: money, and the points and credits of programs. Money is the domain's list, as in `currency`.
create table unit(
  code text primary key check (code ~ '^([A-Z]{3}|(points|credits)-[a-z0-9][a-z0-9-]{0,39})$'),
  exponent smallint not null check (exponent between 0 and 4),
  program_id int references program,
  name text check (name <> ''),
  expiry_months smallint check (expiry_months between 1 and 120),
  conversion text not null default 'none' check (conversion in ('none', 'by-partner', 'by-staff')),
  least_conversion_minor bigint not null default 1 check (least_conversion_minor > 0),
  cancel_days smallint not null default 0 check (cancel_days between 0 and 365),
  created_by uuid references actor,
  created_at timestamptz not null default now(),
  retired_by uuid references actor,
  retired_at timestamptz,
  check ((retired_by is null) = (retired_at is null)),
  constraint points_belong_to_a_program check (case when is_points(code)
    then num_nulls(program_id, name, created_by) = 0 and exponent = case when code like 'credits-%' then 2 else 0 end
    else num_nonnulls(program_id, name, expiry_months, created_by, retired_by) = 0 and conversion = 'none' end)
) with (fillfactor = 10);
create index on unit(program_id, code) where program_id is not null;
comment on column unit.expiry_months is 'How many months after the local day on which they were earned points expire. Null: never.';
comment on column unit.conversion is 'The way in which points become money: not at all, by the partner alone, or by two people of the staff.';
comment on column unit.cancel_days is 'For how many days after a redemption it may be cancelled.';

-- The money that one of a unit is worth, from a day on. The newest row of the latest day counts, and a conversion keeps the rate that it used.
create table unit_rate(
  id bigint generated always as identity primary key,
  unit text not null references unit check (is_points(unit)),
  currency char(3) not null references currency,
  starts_on date not null check (isfinite(starts_on)),
  rate text not null check (rate ~ '^\d{1,9}(\.\d{1,9})?$' and rate ~ '[1-9]'),
  recorded_by uuid not null references actor,
  recorded_at timestamptz not null default now()
);
create index on unit_rate(unit, currency, starts_on, id);

-- A source publishes exchange rates, always of the same base currency, on every weekday or only on the days of TARGET. The currencies are
-- written after the tables, so no foreign key looks for the base of the first source.
create table rate_source(
  code text primary key check (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$'),
  base char(3) not null check (base ~ '^[A-Z]{3}$'),
  days text not null check (days in ('target', 'weekdays')),
  created_at timestamptz not null default now(),
  unique (code, base)
);
insert into rate_source(code, base, days) values ('ECB', 'EUR', 'target');

-- The rates as they were published. The last row of a source, day and currency is the one that holds. Earnings keep the one they took.
create table exchange_rate(
  id bigint generated always as identity primary key,
  source text not null,
  base char(3) not null,
  day date not null check (isfinite(day)),
  quote char(3) not null references currency,
  rate text check (rate ~ '^[0-9]{1,12}([.][0-9]{1,12})?$' and rate ~ '[1-9]'),
  recorded_by uuid not null references actor,
  recorded_at timestamptz not null default now(),
  foreign key (source, base) references rate_source(code, base),
  check (base <> quote)
);
create index on exchange_rate(source, day, quote, id);
create index on exchange_rate(source, quote, day, id);
comment on column exchange_rate.rate is 'How much of `quote` one unit of `base` is. Null: the source published none for this day.';

create table plan(
  id int generated always as identity primary key,
  program_id int not null references program,
  code text not null check (code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
  created_at timestamptz not null default now(),
  unique (program_id, code),
  unique (id, program_id)
);

create table plan_version(
  id int generated always as identity primary key,
  plan_id int not null references plan,
  version int not null check (version > 0),
  effective_from timestamptz not null,
  terms jsonb not null,
  created_by uuid references actor,
  created_at timestamptz not null default now(),
  unique (plan_id, version)
);

-- A version that was withdrawn before it took effect. Nobody ever earns by it.
create table plan_version_withdrawal(
  plan_version_id int primary key references plan_version,
  reason text not null check (reason <> ''),
  withdrawn_by uuid references actor,
  withdrawn_at timestamptz not null default now()
);

-- A sum of money or points from which incentives of a program are paid, and never more than that. Its history is budget_change.
create table budget(
  id int generated always as identity primary key,
  program_id int not null references program,
  code text not null check (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  title text not null check (title <> ''),
  unit text not null references unit,
  amount_minor bigint not null check (amount_minor > 0),
  used_minor bigint not null default 0,
  starts_on date check (isfinite(starts_on)),
  ends_on date check (isfinite(ends_on)),
  change_no int not null default 1 check (change_no > 0),
  created_at timestamptz not null default now(),
  closed_at timestamptz,
  unique (program_id, code),
  check (ends_on > starts_on),
  constraint budget_is_not_overdrawn check (used_minor between 0 and amount_minor)
);
comment on column budget.used_minor is 'The sum of the earnings that it paid, less what was taken back. It is kept with every earning.';
comment on column budget.starts_on is 'The first local day whose events it pays, in the zone of the program''s schedule. Null: there is none.';
comment on column budget.change_no is 'The change that gave it its amount.';

create table budget_change(
  budget_id int not null references budget,
  no int not null check (no > 0),
  kind text not null check (kind in ('created', 'raised', 'lowered', 'closed')),
  amount_minor bigint not null,
  reason text not null check (reason <> ''),
  changed_by uuid not null references actor,
  changed_at timestamptz not null default now(),
  primary key (budget_id, no),
  unique (budget_id, no, amount_minor),
  check ((kind = 'created') = (no = 1))
);
comment on column budget_change.amount_minor is 'The amount after the change.';
alter table budget add constraint amount_has_its_change foreign key (id, change_no, amount_minor)
  references budget_change(budget_id, no, amount_minor) deferrable initially deferred;

-- A record of an agreement about some days of a program: the plan by which the partner earns, or null where the partner is not in the
-- program. Days are local to the zone of the program's schedule, from the first one until the first one after. A later row
-- supersedes every earlier one for its days (`agreement_terms`), so terms in effect never overlap.
create table agreement_term(
  id bigint generated always as identity primary key,
  partner_id bigint not null references partner,
  program_id int not null references program,
  plan_id int,
  starts_on date not null check (isfinite(starts_on)),
  ends_on date check (isfinite(ends_on)),
  reason text check (reason <> ''),
  recorded_by uuid references actor,
  recorded_at timestamptz not null default now(),
  foreign key (plan_id, program_id) references plan(id, program_id),
  check (ends_on > starts_on)
);
create index on agreement_term(partner_id, program_id, id);
create index on agreement_term(program_id, partner_id);

-- The ladder of a program, by which partners get the values of a fact for their volume of a window. A fact is decided by one ladder at most.
create table ladder(
  fact_key text primary key references fact_key,
  program_id int not null references program,
  created_at timestamptz not null default now()
);
create index on ladder(program_id);

-- A version of a ladder, for the windows that begin on its first day or later. Null terms end the ladder. The newest row of a day counts.
create table ladder_version(
  id int generated always as identity primary key,
  fact_key text not null references ladder,
  version int not null check (version > 0),
  starts_on date not null check (isfinite(starts_on)),
  terms jsonb check (jsonb_typeof(terms) = 'object'),
  reason text not null check (reason <> ''),
  created_by uuid not null references actor,
  created_at timestamptz not null default now(),
  unique (fact_key, version)
);

-- The rung of a partner by a closed window, from the first local day after it. A window is closed once for each partner.
create table ladder_place(
  partner_id bigint not null references partner,
  fact_key text not null references ladder,
  starts_on date not null check (isfinite(starts_on)),
  ends_on date not null check (isfinite(ends_on)),
  window_start date not null check (isfinite(window_start)),
  ladder_version_id int not null references ladder_version,
  volume bigint not null check (volume >= 0),
  value text not null check (value <> ''),
  value_before text check (value_before <> ''),
  agreed_days datemultirange not null default '{}',
  placed_at timestamptz not null default now(),
  primary key (partner_id, fact_key, starts_on),
  check (window_start < starts_on and starts_on < ends_on)
);
create index on ladder_place(fact_key, starts_on, partner_id);
create index on ladder_place(ladder_version_id, partner_id);
comment on column ladder_place.value_before is 'The rung before. Null where there was none.';
comment on column ladder_place.agreed_days is 'Those of its days about which a person had recorded another value, which stays.';

-- The policy by which a program decides about deals, requests and claims. A version is never changed: the newest one that is in force
-- decides what is asked from then on.
create table policy_version(
  id int generated always as identity primary key,
  program_id int not null references program,
  subject text not null check (subject in ('deal', 'request', 'claim')),
  version int not null check (version > 0),
  effective_from timestamptz not null default now(),
  policy jsonb not null,
  needs_confirmation boolean not null default false,
  created_by uuid not null references actor,
  created_at timestamptz not null default now(),
  unique (program_id, subject, version)
);
comment on column policy_version.needs_confirmation is
  'Whether it pays claims without a person. Such a version decides nothing before another person has confirmed it.';

-- The second person behind a policy that pays without a person.
create table policy_confirmation(
  policy_version_id int primary key references policy_version,
  confirmed_by uuid not null references actor,
  confirmed_at timestamptz not null default now(),
  signature_id uuid unique references signature
);

-- A decision that is asked of a policy: the rule that fits, and where its stages stand. Its answers are policy_answer.
create table policy_review(
  id uuid primary key default uuidv7(),
  subject text not null check (subject in ('deal', 'request', 'claim')),
  subject_id uuid not null,
  ask text not null check (ask <> ''),
  program_id int not null references program,
  partner_id bigint not null references partner,
  policy_version_id int not null references policy_version,
  rule_no int not null check (rule_no > 0),
  rule jsonb not null,
  facts jsonb not null,
  asked_by uuid not null references actor,
  asked_at timestamptz not null default now(),
  status text not null default 'waiting' check (status in ('waiting', 'approved', 'declined', 'expired', 'withdrawn')),
  stage smallint not null default 1 check (stage > 0),
  is_escalated boolean not null default false,
  due_at timestamptz,
  ended_at timestamptz,
  reason text check (reason <> ''),
  check ((status = 'waiting') = (ended_at is null)),
  check (status = 'waiting' or due_at is null)
);
create unique index one_open_review on policy_review(subject, subject_id) where status = 'waiting';
create index on policy_review(subject, subject_id, id);
create index on policy_review(subject, due_at, id) where status = 'waiting';
create index on policy_review(partner_id);
comment on table policy_review is 'A decision that was asked of a policy. The rule and the facts are those of the moment in which it was asked.';
comment on column policy_review.ask is 'The question, such as registration or extension.';
comment on column policy_review.due_at is 'When the time to answer is over, so that somebody looks again.';

-- An answer of a person, who answers once in all stages. So an approval in two stages is an approval by two people.
create table policy_answer(
  review_id uuid not null references policy_review,
  actor_id uuid not null references actor,
  stage smallint not null check (stage > 0),
  role text not null check (role in ('preparer', 'approver', 'operator')),
  decision text not null check (decision in ('approve', 'decline')),
  note text check (note <> ''),
  at timestamptz not null default now(),
  primary key (review_id, actor_id)
);
