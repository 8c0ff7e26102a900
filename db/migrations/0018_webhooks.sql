-- Webhooks that tell systems of the company what happened. An endpoint gets the events that it asked for, each at least once.

create table webhook_endpoint(
  id uuid primary key default uuidv7(),
  url text not null check (url ~ '^https?://'),
  description text not null default '',
  events text[] not null check (cardinality(events) > 0),
  is_paused boolean not null default false,
  created_by uuid not null references actor,
  created_at timestamptz not null default now()
);

create table webhook_secret(
  id uuid primary key default uuidv7(),
  endpoint_id uuid not null references webhook_endpoint,
  sealed bytea not null,
  key_id text not null,
  created_by uuid not null references actor,
  created_at timestamptz not null default now(),
  revoked_by uuid references actor,
  revoked_at timestamptz,
  check ((revoked_by is null) = (revoked_at is null))
);
create index on webhook_secret(endpoint_id);
comment on column webhook_secret.sealed is 'The secret in the vault, as `webhook-secret/<id>`.';

create table webhook_event(
  id uuid primary key default uuidv7(),
  type text not null check (type <> ''),
  data jsonb not null,
  created_at timestamptz not null default now()
);
comment on column webhook_event.data is 'Ids, codes, states and amounts. Never a name, an address, a bank detail or a tax id.';

create table webhook_delivery(
  endpoint_id uuid not null references webhook_endpoint,
  event_id uuid not null references webhook_event,
  status text not null default 'pending' check (status in ('pending', 'delivered', 'dead')),
  tries int not null default 0,
  due_at timestamptz not null default now(),
  give_up_at timestamptz not null default now() + interval '3 days',
  ended_at timestamptz,
  last_error text,
  primary key (endpoint_id, event_id),
  check ((status = 'pending') = (ended_at is null))
);
create index on webhook_delivery(endpoint_id, due_at) where status = 'pending';

create table webhook_attempt(
  id bigint generated always as identity primary key,
  endpoint_id uuid not null,
  event_id uuid not null,
  at timestamptz not null default now(),
  status int,
  error text,
  took_ms int not null,
  foreign key (endpoint_id, event_id) references webhook_delivery
);
create index on webhook_attempt(endpoint_id, event_id, id);
comment on column webhook_attempt.status is 'The HTTP status of the answer. Null if there was none.';

grant select, insert on webhook_endpoint, webhook_secret, webhook_attempt to bursar_app;
grant select on webhook_event, webhook_delivery to bursar_app;
grant update (url, description, events, is_paused) on webhook_endpoint to bursar_app;
grant update (revoked_by, revoked_at) on webhook_secret to bursar_app;
grant update on webhook_delivery to bursar_app;
