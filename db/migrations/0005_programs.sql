-- The terms on which partners earn.

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

-- A version that was withdrawn before it took effect. Nobody ever earns by it.
create table plan_version_withdrawal(
  plan_version_id int primary key references plan_version,
  reason text not null check (reason <> ''),
  withdrawn_by uuid references actor,
  withdrawn_at timestamptz not null default now()
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
