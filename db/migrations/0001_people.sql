-- The people who may decide, and what they did. In every room, codes are the company's own ids: opaque, never personal.

create table actor(
  id uuid primary key default uuidv7(),
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
  name text not null check (name <> ''),
  email text,
  created_at timestamptz not null default now()
);
comment on table actor is 'A person, or the system itself. Keys belong to a person, so two keys do not make two people.';

alter table idempotency_key add foreign key (actor_id) references actor;

create table api_key(
  id uuid primary key default uuidv7(),
  actor_id uuid not null references actor,
  role text not null check (role in ('preparer', 'approver', 'operator', 'partner', 'auditor')),
  partner_id bigint,
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

create table audit_log(
  seq bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor_id uuid references actor,
  action text not null,
  subject text not null,
  detail jsonb not null default '{}',
  chain_seq bigint unique,
  prev_hash bytea,
  hash bytea,
  check ((chain_seq is null) = (hash is null))
);
create index on audit_log(seq) where chain_seq is null;
create index on audit_log(subject);
