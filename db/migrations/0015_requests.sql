-- Requests of partners for exceptions from their plan and for funds, and their claims for money from funds.

create table partner_request(
  id uuid primary key default uuidv7(),
  program_id int not null references program,
  partner_id bigint not null references partner,
  kind text not null check (kind in ('special_price', 'special_incentive', 'development_funds')),
  wish text not null check (wish <> ''),
  plan_id int,
  currency char(3) references currency,
  amount_minor bigint check (amount_minor > 0),
  starts_on date not null,
  ends_on date not null,
  requested_by uuid not null references actor,
  requested_at timestamptz not null default now(),
  status text not null default 'review' check (status in ('review', 'granted', 'declined', 'expired', 'withdrawn')),
  due_at timestamptz,
  ended_at timestamptz,
  ended_by uuid references actor,
  reason text check (reason <> ''),
  foreign key (plan_id, program_id) references plan(id, program_id),
  check (ends_on > starts_on),
  check ((amount_minor is null) = (currency is null)),
  check (kind <> 'development_funds' or (amount_minor is not null and plan_id is null)),
  check (status <> 'granted' or kind = 'development_funds' or plan_id is not null),
  check ((status = 'review') = (ended_at is null)),
  check ((status = 'review') = (due_at is not null))
);
create index on partner_request(partner_id, id desc);
create index on partner_request(due_at, id) where due_at is not null;
comment on column partner_request.plan_id is 'The plan of an exception. The people who decide name it where the partner did not.';
comment on column partner_request.reason is 'The reason why it ended.';

-- A budget for one partner, against which the partner claims. A granted request makes it.
create table fund(
  id uuid primary key default uuidv7(),
  request_id uuid not null unique references partner_request,
  program_id int not null references program,
  partner_id bigint not null references partner,
  currency char(3) not null references currency,
  amount_minor bigint not null check (amount_minor > 0),
  starts_on date not null,
  ends_on date not null,
  granted_at timestamptz not null default now(),
  check (ends_on > starts_on)
);
create index on fund(partner_id, id desc);

-- A claim of a partner for money, mostly from a fund. A granted claim is a confirmed correction.
create table fund_claim(
  id uuid primary key default uuidv7(),
  program_id int not null references program,
  partner_id bigint not null references partner,
  fund_id uuid references fund,
  currency char(3) not null references currency,
  amount_minor bigint not null check (amount_minor > 0),
  wish text not null check (wish <> ''),
  proof text not null check (proof <> ''),
  proof_sha256 bytea not null check (length(proof_sha256) = 32),
  claimed_by uuid not null references actor,
  claimed_at timestamptz not null default now(),
  status text not null default 'review' check (status in ('review', 'granted', 'declined', 'expired', 'withdrawn')),
  correction_id uuid unique references correction,
  due_at timestamptz,
  ended_at timestamptz,
  ended_by uuid references actor,
  reason text check (reason <> ''),
  check ((status = 'granted') = (correction_id is not null)),
  check ((status = 'review') = (ended_at is null)),
  check ((status = 'review') = (due_at is not null))
);
create index on fund_claim(partner_id, id desc);
create index on fund_claim(fund_id) where fund_id is not null;
create index on fund_claim(due_at, id) where due_at is not null;
comment on column fund_claim.proof is 'Where the proof is: the name or number of a document.';

grant select, insert on partner_request, fund, fund_claim to bursar_app;
grant update (status, plan_id, due_at, ended_at, ended_by, reason) on partner_request to bursar_app;
grant update (status, correction_id, due_at, ended_at, ended_by, reason) on fund_claim to bursar_app;
grant update (granted_at) on fund to bursar_app; -- this only lets the app lock a fund
