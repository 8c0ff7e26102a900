-- The companies that pay, the accounts that they pay from, and their pay schedules.

create table payer(
  id int generated always as identity primary key,
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
  name text not null check (name <> ''),
  country char(2) not null check (country ~ '^[A-Z]{2}$'),
  currency char(3) not null references currency,
  address jsonb,
  created_at timestamptz not null default now()
);

create table payer_gateway(
  payer_id int not null references payer,
  method text not null check (method in ('bank', 'paypal', 'check')),
  gateway text not null check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  account_ref text not null check (account_ref <> ''),
  sealed bytea not null,
  check_account_id int,
  updated_at timestamptz not null default now(),
  primary key (payer_id, method),
  check (method = 'check' or check_account_id is null),
  check ((method, gateway) in (('bank', 'wise'), ('paypal', 'paypal'), ('check', 'lob'), ('check', 'printed-check')))
);
comment on column payer_gateway.account_ref is 'A name of the account that does not show its number, such as "checking ...4321".';

create table payer_alert_amount(
  payer_id int not null references payer,
  currency char(3) not null references currency,
  amount_minor bigint not null check (amount_minor >= 0),
  primary key (payer_id, currency)
);
comment on table payer_alert_amount is 'The amount from which finance is told of a failed payout or a break at once, and not only in the digest.';

create table gateway_pause(
  gateway text primary key check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  reason text not null,
  paused_by uuid references actor,
  paused_at timestamptz not null default now()
);

create table pay_schedule(
  id int generated always as identity primary key,
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
  payer_id int not null references payer,
  frequency text not null check (frequency in ('daily', 'weekly', 'biweekly', 'semimonthly', 'monthly', 'quarterly')),
  weekday smallint check (weekday between 1 and 7),
  monthday smallint check (monthday between 1 and 28),
  first_cutoff date,
  zone text not null,
  pay_days smallint not null default 0 check (pay_days between 0 and 10),
  approvals_required smallint not null default 1 check (approvals_required between 1 and 5),
  signed_approvals boolean not null default false,
  scheduled boolean not null default true,
  created_at timestamptz not null default now(),
  timed_at timestamptz not null default now(),
  check ((frequency in ('weekly', 'biweekly')) = (weekday is not null)),
  check (frequency = 'monthly' or monthday is null),
  check ((frequency = 'biweekly') = (first_cutoff is not null)),
  check (extract(isodow from first_cutoff) = weekday)
);
comment on column pay_schedule.first_cutoff is 'One of the cut-offs of a biweekly schedule, from which every second week is counted.';
comment on column pay_schedule.signed_approvals is 'Whether only approvals that people sign with a passkey count.';
comment on column pay_schedule.timed_at is 'Since when the schedule has its cut-offs. It opens no run for an earlier one.';

create table pay_schedule_minimum(
  schedule_id int not null references pay_schedule,
  currency char(3) not null references currency,
  minimum_minor bigint not null check (minimum_minor >= 0),
  primary key (schedule_id, currency)
);

-- The smallest amount that a gateway can pay in a currency, where that is more than one minor unit. The domain's list is the source.
create table rail_unit(
  gateway text not null check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  currency char(3) not null references currency,
  unit_minor bigint not null check (unit_minor > 1),
  primary key (gateway, currency)
);
