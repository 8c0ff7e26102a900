-- Up Migration

-- Who pays, who is paid, who may decide, and on which terms. Codes are the company's own ids: opaque, never personal.

create table currency(
  code char(3) primary key,
  exponent smallint not null check (exponent between 0 and 4)
);

create table actor(
  id uuid primary key default uuidv7(),
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
  name text not null check (name <> ''),
  email text,
  created_at timestamptz not null default now()
);
comment on table actor is 'A person, or the system itself. Keys belong to a person, so two keys do not make two people.';

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
  check_number_next bigint check (check_number_next > 0),
  updated_at timestamptz not null default now(),
  primary key (payer_id, method),
  check (gateway = 'printed-check' or check_number_next is null),
  check (gateway <> 'printed-check' or check_number_next is not null),
  check ((method, gateway) in (('bank', 'wise'), ('paypal', 'paypal'), ('check', 'lob'), ('check', 'printed-check')))
);
comment on column payer_gateway.account_ref is 'A name of the account that shows no number of it, as in "checking ...4321".';

create table pay_schedule(
  id int generated always as identity primary key,
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
  payer_id int not null references payer,
  frequency text not null check (frequency in ('daily', 'weekly', 'monthly')),
  weekday smallint check (weekday between 1 and 7),
  zone text not null,
  pay_days smallint not null default 0 check (pay_days between 0 and 10),
  approvals_required smallint not null default 1 check (approvals_required between 1 and 5),
  scheduled boolean not null default true,
  created_at timestamptz not null default now(),
  check ((frequency = 'weekly') = (weekday is not null))
);

create table pay_schedule_minimum(
  schedule_id int not null references pay_schedule,
  currency char(3) not null references currency,
  minimum_minor bigint not null check (minimum_minor >= 0),
  primary key (schedule_id, currency)
);

create table program(
  id int generated always as identity primary key,
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
  schedule_id int not null references pay_schedule,
  name text not null check (name <> ''),
  partner_kinds text[] not null default '{}',
  created_at timestamptz not null default now()
);
create index on program(schedule_id);

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

create table partner(
  id bigint generated always as identity primary key,
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
  name text not null check (name <> ''),
  kind text not null check (kind in
    ('reseller', 'distributor', 'affiliate', 'agent', 'dealer', 'installer', 'supplier', 'marketplace_seller')),
  email text,
  country char(2) not null check (country ~ '^[A-Z]{2}$'),
  on_hold_reason text check (on_hold_reason <> ''),
  created_at timestamptz not null default now()
);

create table agreement(
  id bigint generated always as identity primary key,
  partner_id bigint not null references partner,
  program_id int not null,
  plan_id int not null,
  starts_on date not null,
  ends_on date,
  created_at timestamptz not null default now(),
  unique (partner_id, program_id),
  foreign key (plan_id, program_id) references plan(id, program_id),
  check (ends_on is null or ends_on > starts_on)
);
create index on agreement(program_id);

create table instrument_version(
  id uuid primary key default uuidv7(),
  partner_id bigint not null references partner,
  method text not null check (method in ('bank', 'paypal', 'check')),
  currency char(3) references currency,
  country char(2) not null check (country ~ '^[A-Z]{2}$'),
  sealed bytea not null,
  key_id text not null,
  fingerprint bytea not null,
  last4 text not null check (length(last4) <= 4),
  created_by uuid references actor,
  approved_by uuid references actor,
  usable_from timestamptz not null,
  created_at timestamptz not null default now(),
  check (approved_by <> created_by),
  unique (id, partner_id, method)
);
create index on instrument_version(partner_id, id desc);
create index on instrument_version(fingerprint);
comment on table instrument_version is
  'The vault: a partner''s details, sealed. Append only. The newest version counts; until usable_from it holds the partner''s payouts.';

create table api_key(
  id uuid primary key default uuidv7(),
  actor_id uuid not null references actor,
  role text not null check (role in ('preparer', 'approver', 'operator', 'partner', 'auditor')),
  partner_id bigint references partner,
  prefix text not null unique,
  secret_hash bytea not null unique,
  created_by uuid references actor,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  check ((role = 'partner') = (partner_id is not null)),
  check (created_by <> actor_id)
);
create index on api_key(actor_id);

-- A key that was revoked stays so.
create function guard_key() returns trigger language plpgsql as $$
begin
  raise exception 'key % refused: it was revoked, and stays so', old.prefix using errcode = 'restrict_violation';
end $$;
create trigger key_stays_revoked before update on api_key
  for each row when (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at) execute function guard_key();

-- Refuses a row that would begin as anything but what its kind begins as.
create function refuse_birth() returns trigger language plpgsql as $$
begin
  raise exception 'new row of % refused: it begins %', tg_table_name, tg_argv[0] using errcode = 'check_violation';
end $$;

-- Refuses whatever would change a fact that was written down.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% of % refused: rows here are facts and are only ever added', tg_op, tg_table_name
    using errcode = 'restrict_violation';
end $$;

create trigger facts_only before update or delete on plan_version for each row execute function refuse_change();
create trigger no_truncate before truncate on plan_version for each statement execute function refuse_change();
create trigger facts_only before update or delete on instrument_version for each row execute function refuse_change();
create trigger no_truncate before truncate on instrument_version for each statement execute function refuse_change();
