-- Deals that partners register: a customer to whom they want to sell, protected for them until a day.

create table deal(
  id uuid primary key default uuidv7(),
  program_id int not null references program,
  partner_id bigint not null references partner,
  customer text not null check (customer <> ''),
  domain text check (domain <> ''),
  registration_number text check (registration_number <> ''),
  country char(2) not null check (country ~ '^[A-Z]{2}$'),
  product_lines text[] not null check (cardinality(product_lines) > 0),
  currency char(3) not null references currency,
  amount_minor bigint not null check (amount_minor > 0),
  expected_close date not null,
  registered_by uuid not null references actor,
  registered_at timestamptz not null default now(),
  status text not null default 'review'
    check (status in ('review', 'protected', 'declined', 'expired', 'withdrawn', 'won', 'lost')),
  protected_until date,
  extensions smallint not null default 0,
  due_at timestamptz,
  ended_at timestamptz,
  ended_by uuid references actor,
  reason text check (reason <> ''),
  check (num_nonnulls(domain, registration_number) > 0),
  check ((status in ('review', 'protected')) = (ended_at is null)),
  check ((status in ('review', 'protected')) = (due_at is not null)),
  check (status not in ('protected', 'won', 'lost') or protected_until is not null)
);
create index on deal(partner_id, id desc);
create index on deal(due_at, id) where due_at is not null;
comment on column deal.protected_until is 'The first local day on which the deal is no longer protected, in the zone of the program''s schedule.';
comment on column deal.due_at is 'When somebody should look at it next: the end of a time to answer, or of the protection.';

-- The customer of a deal as it is compared: each identifier with each product line. The first deal holds them until it ends.
create table deal_customer(
  deal_id uuid not null references deal,
  program_id int not null references program,
  identifier text not null check (identifier <> ''),
  product_line text not null check (product_line <> ''),
  is_held boolean not null default true,
  primary key (deal_id, identifier, product_line)
);
create unique index first_deal_wins on deal_customer(program_id, identifier, product_line) where is_held;
comment on column deal_customer.identifier is 'A normalised identifier, such as domain:kim.example or number:DE:HRB1234.';

-- The extensions of protection that were asked for. A review of the deal decides each.
create table deal_extension(
  review_id uuid primary key references policy_review,
  deal_id uuid not null references deal,
  until date not null,
  reason text not null check (reason <> '')
);
create index on deal_extension(deal_id);

-- The sales that close a deal. A sale closes one deal only.
create table deal_sale(
  source text not null,
  source_id text not null,
  deal_id uuid not null references deal,
  linked_by uuid not null references actor,
  linked_at timestamptz not null default now(),
  primary key (source, source_id)
);
create index on deal_sale(deal_id);

grant select, insert on deal, deal_customer, deal_extension, deal_sale to bursar_app;
grant update (status, protected_until, extensions, due_at, ended_at, ended_by, reason) on deal to bursar_app;
grant update (is_held) on deal_customer to bursar_app;
