-- The tables that belong to no room. One file for each room follows, in the order of the rooms. A foreign key from an earlier room to a
-- later one is in the file of the later room, because its table does not exist before. Functions and triggers are in db/functions, and
-- 0011_roles.sql says what the app may do.

create table currency(
  code char(3) primary key,
  exponent smallint not null check (exponent between 0 and 4)
) with (fillfactor = 10);
comment on table currency is
  'It is spread over several pages, so that a foreign key looks a code up by its index and does not read all of them.';

-- Whether a unit is points or credits of a program. Everything else is money.
create function is_points(unit text) returns boolean language sql immutable parallel safe
  return unit ~ '^(points|credits)-';

create table idempotency_key(
  actor_id uuid not null,
  route text not null,
  key text not null check (length(key) between 1 and 200),
  request_hash bytea not null,
  state text not null check (state in ('running', 'finished')),
  status smallint,
  body text,
  claimed_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '30 days',
  primary key (actor_id, route, key),
  check ((state = 'finished') = (status is not null))
);
create index on idempotency_key(expires_at);
