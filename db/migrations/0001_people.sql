-- The people who may decide, and what they did. In every room, codes are the company's own ids: opaque, never personal.

create table actor(
  id uuid primary key default uuidv7(),
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
  name text not null check (name <> ''),
  kind text not null default 'person' check (kind in ('person', 'system')),
  email text,
  mailbox text unique generated always as (case
    when split_part(lower(email), '@', 2) in ('gmail.com', 'googlemail.com')
      then replace(split_part(split_part(lower(email), '@', 1), '+', 1), '.', '') || '@gmail.com'
    else split_part(split_part(lower(email), '@', 1), '+', 1) || '@' || split_part(lower(email), '@', 2)
  end) stored,
  language text check (language in ('en', 'de')),
  created_at timestamptz not null default now()
);
comment on column actor.language is 'The language that a person chose for pages and mail. Null if they chose none.';
comment on column actor.mailbox is
  'One spelling for all addresses of a mailbox: without case, what follows a plus sign, and Gmail''s dots. Two people never share it.';
comment on table actor is 'A person, or a program of the company. Roles belong to an actor, so two keys do not make two people.';
comment on column actor.kind is 'A system may work with keys, but never decides, alone or as one of two people.';

alter table idempotency_key add foreign key (actor_id) references actor;

create table role_grant(
  id uuid primary key default uuidv7(),
  actor_id uuid not null references actor,
  role text not null check (role in ('preparer', 'approver', 'operator', 'partner', 'auditor')),
  partner_id bigint,
  access text check (access in ('owner', 'viewer')),
  program_ids int[] check (cardinality(program_ids) > 0),
  payer_ids int[] check (cardinality(payer_ids) > 0),
  status text not null check (status in ('proposed', 'confirmed', 'refused', 'revoked')),
  first_setup boolean not null default false,
  proposed_by uuid references actor,
  proposed_at timestamptz not null default now(),
  decided_by uuid references actor,
  decided_at timestamptz,
  note text check (note <> ''),
  revoked_by uuid references actor,
  revoked_at timestamptz,
  expires_at timestamptz,
  check ((role = 'partner') = (partner_id is not null)),
  check ((role = 'partner') = (access is not null)),
  constraint one_kind_of_limit check (num_nonnulls(program_ids, payer_ids) <= 1),
  constraint some_roles_have_limits check (role in ('preparer', 'approver', 'operator') or num_nonnulls(program_ids, payer_ids) = 0),
  check (proposed_by <> actor_id),
  check (decided_by <> actor_id),
  check (status <> 'confirmed' or decided_at is not null),
  check ((status = 'revoked') = (revoked_at is not null)),
  constraint two_people_grant check (status <> 'confirmed' or role = 'partner' or first_setup or coalesce(decided_by <> proposed_by, false)),
  constraint only_the_first_setup_is_alone check (not first_setup or (role = 'operator' and decided_by is null and num_nonnulls(program_ids, payer_ids) = 0))
);
create unique index one_live_grant on role_grant(actor_id, role, coalesce(partner_id, 0), coalesce(program_ids, '{}'), coalesce(payer_ids, '{}')) where status in ('proposed', 'confirmed');
create unique index one_first_setup on role_grant((true)) where first_setup and proposed_by is not null and status = 'confirmed';
create index on role_grant(partner_id) where partner_id is not null;
create index on role_grant(id) where status = 'proposed';
comment on table role_grant is
  'A role of a person. One person proposes it and another one confirms it. Only the access of a partner needs one person.';
comment on column role_grant.access is
  'A viewer reads the data of the partner. An owner also changes its payout details and contacts, and invites and removes people.';
comment on column role_grant.program_ids is
  'The programs that the role is limited to, in their order. Null here and in payer_ids: the role reaches everything.';
comment on column role_grant.payer_ids is
  'The payers that the role is limited to, in their order, with their schedules, programs and runs.';
comment on column role_grant.first_setup is
  'One person or the server alone gave this role: to the first operator, and to the second one while there was no other.';
comment on column role_grant.proposed_by is 'Null where a command on the server gave the role.';

create table api_key(
  id uuid primary key default uuidv7(),
  grant_id uuid not null references role_grant,
  prefix text not null unique,
  secret_hash bytea not null unique,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index on api_key(grant_id);

create table key_claim(
  id uuid primary key default uuidv7(),
  grant_id uuid not null references role_grant,
  token_hash bytea not null unique,
  created_by uuid references actor,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  key_id uuid unique references api_key,
  check (key_id is null or ended_at is not null)
);
create index on key_claim(grant_id) where ended_at is null;
comment on table key_claim is 'A link with which a person takes their key or their first passkey, once. Only its hash is kept.';

create table passkey(
  id uuid primary key default uuidv7(),
  actor_id uuid not null references actor,
  credential_id bytea not null unique check (length(credential_id) between 1 and 1023),
  public_key bytea not null,
  sign_count bigint not null check (sign_count >= 0),
  transports text[] not null,
  name text check (length(name) between 1 and 60),
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  removed_at timestamptz
);
create index on passkey(actor_id) where removed_at is null;
alter table key_claim add column passkey_id uuid unique references passkey,
  add check (passkey_id is null or ended_at is not null);
comment on table passkey is 'The public half of a key pair of a person. The private half never leaves their device.';

create table identity(
  id uuid primary key default uuidv7(),
  actor_id uuid not null references actor,
  issuer text not null check (issuer <> ''),
  subject text not null check (length(subject) between 1 and 255),
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  removed_at timestamptz,
  unique (issuer, subject)
);
create index on identity(actor_id) where removed_at is null;
alter table key_claim add column identity_id uuid references identity,
  add check (identity_id is null or ended_at is not null),
  add check (num_nonnulls(key_id, passkey_id, identity_id) <= 1);
comment on table identity is
  'An account of a person at a provider of identities. It belongs to one person for ever. No mail address ever binds one.';

create table used_challenge(
  challenge bytea primary key,
  expires_at timestamptz not null
);
comment on table used_challenge is 'Each challenge of the sign-in gives one session. Its row goes when it is too old to be used.';

create table signature(
  id uuid primary key default uuidv7(),
  statement text not null unique check (statement <> ''),
  passkey_id uuid references passkey,
  authenticator_data bytea,
  client_data bytea,
  signature bytea,
  identity_id uuid references identity,
  id_token text,
  token_key jsonb,
  signed_at timestamptz not null default now(),
  constraint one_proof check (
    num_nonnulls(passkey_id, authenticator_data, client_data, signature) = 4 and num_nonnulls(identity_id, id_token, token_key) = 0
    or num_nonnulls(passkey_id, authenticator_data, client_data, signature) = 0 and num_nonnulls(identity_id, id_token, token_key) = 3)
);
comment on table signature is
  'A statement that a person signed. Its SHA-256 is the challenge in the client data of their passkey, or the nonce in the ID token of their provider, so anybody can verify it.';
comment on column signature.token_key is 'The public key of the provider, as a JWK, that verifies the token. Providers change their keys.';

alter table role_grant
  add column proposal_signature_id uuid unique references signature,
  add column decision_signature_id uuid unique references signature,
  add column revocation_signature_id uuid unique references signature;
alter table key_claim add column signature_id uuid unique references signature;
alter table api_key add column revoked_by uuid references actor,
  add column revocation_signature_id uuid unique references signature;
comment on column role_grant.decision_signature_id is
  'The signature of the passkey of the person who decided. Null where they used a key of the API, as in every column of its kind.';

create table passkey_loss(
  id uuid primary key default uuidv7(),
  actor_id uuid not null references actor,
  reason text not null check (reason <> ''),
  needs_two boolean not null,
  status text not null check (status in ('proposed', 'confirmed', 'refused')),
  proposed_by uuid not null references actor,
  proposed_at timestamptz not null default now(),
  proposal_signature_id uuid unique references signature,
  decided_by uuid references actor,
  decided_at timestamptz,
  note text check (note <> ''),
  decision_signature_id uuid unique references signature,
  check (proposed_by <> actor_id),
  check (decided_by <> actor_id),
  check ((decided_by is null) = (decided_at is null)),
  check (status <> 'proposed' or decided_by is null),
  constraint two_people_renew check (status <> 'confirmed' or not needs_two or coalesce(decided_by <> proposed_by, false))
);
create unique index one_open_loss on passkey_loss(actor_id) where status = 'proposed';
create index on passkey_loss(actor_id);
comment on table passkey_loss is
  'A person lost their passkey. An operator reports it. Another one confirms it where the person approves or gives roles.';

create table session(
  id uuid primary key default uuidv7(),
  actor_id uuid not null references actor,
  passkey_id uuid references passkey,
  identity_id uuid references identity,
  token_hash bytea not null unique,
  user_agent text check (length(user_agent) between 1 and 300),
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  check (num_nonnulls(passkey_id, identity_id) = 1)
);
create index on session(actor_id) where ended_at is null;
comment on table session is 'A person who signed in with a passkey, or with their identity at a provider. Only the hash of the cookie is kept.';

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
create index on audit_log(actor_id, seq);
create index on audit_log(at);
