-- The partners, and their payment details.

create table partner(
  id bigint generated always as identity primary key,
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'),
  name text not null check (name <> ''),
  kind text not null check (kind in
    ('reseller', 'distributor', 'affiliate', 'agent', 'dealer', 'installer', 'supplier', 'marketplace_seller')),
  email text,
  mailbox text generated always as (case
    when split_part(lower(email), '@', 2) in ('gmail.com', 'googlemail.com')
      then replace(split_part(split_part(lower(email), '@', 1), '+', 1), '.', '') || '@gmail.com'
    else split_part(split_part(lower(email), '@', 1), '+', 1) || '@' || split_part(lower(email), '@', 2)
  end) stored,
  country char(2) not null check (country ~ '^[A-Z]{2}$'),
  country_since timestamptz,
  on_hold_reason text check (on_hold_reason <> ''),
  held_by uuid references actor,
  held_at timestamptz,
  released_by uuid references actor,
  released_at timestamptz,
  merged_into bigint references partner check (merged_into <> id),
  created_at timestamptz not null default now()
);
create index on partner(merged_into) where merged_into is not null;

create index on partner(mailbox);
create index on partner(code text_pattern_ops);
create index on partner(lower(name) text_pattern_ops);
create index on partner(lower(email));
comment on column partner.country_since is 'When the country was changed. Null where it never was.';
comment on column partner.held_by is 'The person who began the last hold, or changed its reason.';
comment on column partner.released_by is 'The person who ended the last hold.';
comment on column partner.merged_into is 'The partner who goes on for this one. The code of this one answers for that one from then on.';
comment on column partner.mailbox is 'Made like actor.mailbox, so that a person who is also a partner is recognised.';

alter table role_grant add foreign key (partner_id) references partner;

-- An owner asks that notices go to another address. The holder of that address confirms it, and the holder of the one before can stop it.
create table contact_change(
  id uuid primary key default uuidv7(),
  partner_id bigint not null references partner,
  email text not null check (email <> ''),
  confirm_hash bytea not null unique,
  stop_hash bytea not null unique,
  asked_by uuid not null references actor,
  signature_id uuid not null unique references signature,
  asked_at timestamptz not null default now(),
  expires_at timestamptz not null,
  outcome text check (outcome in ('confirmed', 'cancelled', 'stopped', 'replaced')),
  ended_at timestamptz,
  ended_by uuid references actor,
  check ((outcome is null) = (ended_at is null)),
  check ((outcome is not distinct from 'cancelled') = (ended_by is not null)),
  check (expires_at > asked_at)
);
create unique index one_open_contact_change on contact_change(partner_id) where outcome is null;
create index on contact_change(partner_id, id desc);
create index on contact_change(asked_by);
comment on column contact_change.confirm_hash is 'The hash of the token in the link to the new address. The token is kept nowhere.';
comment on column contact_change.stop_hash is 'The hash of the token in the link to the address before.';
comment on column contact_change.outcome is
  '`cancelled` by a person who may act for the partner, `stopped` by the address before, `replaced` by a later change. Null while it waits, or is too old.';

-- Notes of people of the company about a partner. A note is never changed: a later one corrects it.
create table partner_note(
  id bigint generated always as identity primary key,
  partner_id bigint not null references partner,
  text text not null check (text ~ '\S' and length(text) <= 2000),
  written_by uuid not null references actor,
  written_at timestamptz not null default now()
);
create index on partner_note(partner_id, id desc);

-- The smallest payout of a partner in a currency, in place of that of the schedule. The newest row of a currency counts.
create table partner_minimum(
  id bigint generated always as identity primary key,
  partner_id bigint not null references partner,
  currency char(3) not null references currency,
  minimum_minor bigint check (minimum_minor >= 0),
  reason text not null check (reason <> ''),
  recorded_by uuid not null references actor,
  recorded_at timestamptz not null default now()
);
create index on partner_minimum(partner_id, currency, id desc);
comment on column partner_minimum.minimum_minor is 'Null where the minimum of the schedule counts again.';

-- How much of what a period earned a run takes back of an older debt, for one partner or for all of a schedule. The newest row counts, in
-- runs that begin after it.
create table recovery_cap(
  id bigint generated always as identity primary key,
  schedule_id int not null references pay_schedule,
  partner_id bigint references partner,
  percent numeric(5, 2) check (percent > 0 and percent <= 100),
  reason text not null check (reason <> ''),
  recorded_by uuid not null references actor,
  recorded_at timestamptz not null default clock_timestamp()
);
create index on recovery_cap(schedule_id, partner_id, id desc);
comment on column recovery_cap.percent is
  'Null takes the cap back: the one of the schedule counts again for a partner, and a debt is taken back in full for a schedule.';

create table instrument_version(
  id uuid primary key default uuidv7(),
  partner_id bigint not null references partner,
  method text not null check (method in ('bank', 'paypal', 'check')),
  type text check (type <> ''),
  currency char(3) references currency,
  country char(2) not null check (country ~ '^[A-Z]{2}$'),
  sealed bytea not null,
  key_id text not null,
  fingerprint bytea not null,
  last4 text not null check (length(last4) <= 4),
  created_by uuid references actor,
  approved_by uuid references actor,
  usable_from timestamptz not null,
  place int not null default 0,
  given_by text not null default 'company' check (given_by in ('company', 'partner')),
  needs_call boolean not null default false,
  created_at timestamptz not null default now(),
  check (approved_by <> created_by),
  unique (id, partner_id, method)
);
create index on instrument_version(partner_id, id desc);
create index on instrument_version(fingerprint);
create index on instrument_version(last4);
create index on instrument_version(id) where needs_call;
comment on table instrument_version is
  'The vault: the sealed payment details of a partner. Append only. Nothing is paid to a version before usable_from.';
comment on column instrument_version.type is
  'The kind of bank account, such as `iban`, so that its form can be opened again. Null for other methods.';
comment on column instrument_version.place is
  'Its place in the order of the partner when it was added: the lowest first and, where two are equal, the newest first.';
comment on column instrument_version.needs_call is
  'Whether nothing is paid to it before a second person called the partner back, as a program of the partner asked when it was added.';
comment on column instrument_version.given_by is 'Whose hands gave the details: a colleague''s, or the partner''s own.';

-- A later place of an instrument in the order of its partner. The newest one that is usable counts.
create table instrument_place(
  id bigint generated always as identity primary key,
  instrument_id uuid not null references instrument_version,
  place int not null,
  usable_from timestamptz not null,
  placed_by uuid not null references actor,
  created_at timestamptz not null default now()
);
create index on instrument_place(instrument_id, id desc);

-- An instrument that was withdrawn is never paid to again.
create table instrument_withdrawal(
  instrument_id uuid primary key references instrument_version,
  reason text not null check (reason <> ''),
  withdrawn_by uuid not null references actor,
  withdrawn_at timestamptz not null default now()
);

-- A person of the company called the partner back about changed details: the number, the person who answered, and what they said. The
-- evidence is kept, and a file is sealed. Details that need a call are paid to after a call that confirmed them.
create table details_call(
  id uuid primary key default uuidv7(),
  instrument_id uuid not null references instrument_version,
  phone text not null check (length(phone) between 3 and 40),
  spoke_with text not null check (spoke_with <> ''),
  called_at timestamptz not null,
  is_confirmed boolean not null,
  evidence text not null check (evidence <> ''),
  file_name text check (file_name <> ''),
  file_sealed bytea,
  recorded_by uuid not null references actor,
  recorded_at timestamptz not null default now(),
  check ((file_name is null) = (file_sealed is null))
);
create index on details_call(instrument_id);

-- The facts that can be recorded about partners. A key has one value at a time, or many. Without allowed values, every value will do.
create table fact_key(
  key text primary key check (key ~ '^[a-z][a-z0-9_]{0,39}$'),
  description text not null check (description <> ''),
  many boolean not null default false,
  allowed_values text[] not null default '{}',
  created_at timestamptz not null default now()
);
insert into fact_key(key, description, many) values
  ('tier', 'The tier of the partner, such as gold', false),
  ('level', 'The level of the partner, such as entry', false),
  ('region', 'The sales region of the partner', false),
  ('territory', 'The territories in which the partner may sell', true),
  ('certification', 'The certifications that the partner holds', true),
  ('product', 'The products that the partner may sell', true);

-- A record of a fact about a partner on some local days: the value, or null where no value holds. A later row supersedes every earlier
-- one for its days and its slot (`partner_facts`). A key with one value has one slot; otherwise each value has its own.
create table partner_fact(
  id bigint generated always as identity primary key,
  partner_id bigint not null references partner,
  key text not null references fact_key,
  slot text not null,
  value text check (value <> ''),
  starts_on date not null check (isfinite(starts_on)),
  ends_on date check (isfinite(ends_on)),
  source text not null check (source in ('person', 'csv', 'event', 'ladder')),
  reference text check (reference <> ''),
  reason text check (reason <> ''),
  recorded_by uuid references actor,
  recorded_at timestamptz not null default now(),
  check (ends_on > starts_on),
  check (value is null or slot in ('', value)),
  check (source in ('event', 'ladder') or recorded_by is not null)
);
create index on partner_fact(partner_id, key, slot, id);
create index on partner_fact(partner_id, id);
create index on partner_fact(key, value, partner_id);
-- A ladder records a fact of each partner in every window.
create index on partner_fact(partner_id) include (recorded_by, recorded_at) where recorded_by is not null;
comment on column partner_fact.reference is 'The event, file or window that the fact comes from.';

-- A record of a stage of onboarding: the day on which the partner reached it, or null where a person took it back. The newest row of a
-- stage counts.
create table onboarding_record(
  id bigint generated always as identity primary key,
  partner_id bigint not null references partner,
  stage text not null check (stage in ('invited', 'accepted_terms', 'tax_form', 'trained', 'active')),
  reached_on date check (isfinite(reached_on)),
  note text check (note <> ''),
  recorded_by uuid references actor,
  recorded_at timestamptz not null default now()
);
create index on onboarding_record(partner_id, stage, id);

-- A record of the partner above a partner on some local days, such as the distributor of a reseller, or of none. A later row supersedes every
-- earlier one for its days (`direct_parents`).
create table partner_parent(
  id bigint generated always as identity primary key,
  partner_id bigint not null references partner,
  parent_id bigint references partner check (parent_id <> partner_id),
  starts_on date not null check (isfinite(starts_on)),
  ends_on date check (isfinite(ends_on)),
  reason text not null check (reason <> ''),
  recorded_by uuid references actor,
  recorded_at timestamptz not null default now(),
  check (ends_on > starts_on)
);
create index on partner_parent(partner_id, id);
create index on partner_parent(parent_id, partner_id);
