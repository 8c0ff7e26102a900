-- The partners, and their payment details.

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

alter table api_key add foreign key (partner_id) references partner;

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
  'The vault: the sealed payment details of a partner. Append only. The newest version counts, and nothing is paid to it before usable_from.';
