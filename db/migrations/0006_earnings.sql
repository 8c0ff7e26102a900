-- The events that partners caused, and the earnings from them. All tables here are append only, except `import` and `event_due`, which
-- lists the work that is still to do.

create table event(
  source text not null check (source ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  source_id text not null check (length(source_id) between 1 and 200),
  partner_id bigint not null references partner,
  program_id int not null references program,
  kind text not null check (kind ~ '^[a-z][a-z0-9_]{0,39}$'),
  currency char(3) references currency,
  amount_minor bigint check (amount_minor >= 0),
  other_amounts jsonb not null default '{}',
  quantity int check (quantity > 0),
  refund_of text,
  occurred_at timestamptz not null,
  booked_at timestamptz not null default now(),
  payload_hash bytea not null,
  sent_by uuid references actor,
  primary key (source, source_id),
  check ((kind = 'refund') = (refund_of is not null)),
  check (kind <> 'sale' or amount_minor is not null),
  check (amount_minor is null or currency is not null)
) partition by hash (source, source_id);
do $$ begin
  for n in 0..31 loop
    execute format('create table event_%s partition of event for values with (modulus 32, remainder %s)', n, n);
  end loop;
end $$;
create index on event using brin (booked_at);
create index on event(partner_id, occurred_at);
create index on event(source, refund_of) where refund_of is not null;

create table event_due(
  source text not null,
  source_id text not null,
  program_id int not null references program,
  occurred_at timestamptz not null,
  waits_for text,
  waits_since timestamptz,
  check ((waits_for is null) = (waits_since is null)),
  primary key (source, source_id),
  foreign key (source, source_id) references event
);
create index event_due_ready on event_due(program_id, occurred_at, source, source_id) where waits_for is null;
create index event_due_waiting on event_due(source, waits_for) where waits_for is not null;
create index event_due_waits on event_due(program_id, waits_since, source, source_id) where waits_since is not null;
comment on column event_due.waits_for is 'A refund that came before its sale waits for that sale, named by its source id.';

create table event_quarantine(
  id bigint generated always as identity primary key,
  source text not null,
  source_id text not null,
  payload jsonb not null,
  payload_hash bytea not null,
  received_at timestamptz not null default now(),
  unique (source, source_id, payload_hash),
  foreign key (source, source_id) references event
);
comment on table event_quarantine is
  'Events whose key came again with other content. They are kept aside for a person and count for nothing.';

create table import(
  id uuid primary key default uuidv7(),
  file_name text not null,
  mapping jsonb not null,
  created_by uuid references actor,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  rows bigint not null default 0,
  accepted bigint not null default 0,
  replayed bigint not null default 0,
  quarantined bigint not null default 0,
  rejected bigint not null default 0
);

create table import_rejection(
  import_id uuid not null references import,
  line bigint not null,
  column_name text not null,
  reason text not null,
  primary key (import_id, line, column_name)
);

create table accrual_batch(
  id bigint generated always as identity primary key,
  program_id int not null references program,
  event_count int not null check (event_count > 0),
  booked_at timestamptz not null default now()
);

create table earning_line(
  id bigint generated always as identity primary key,
  partner_id bigint not null references partner,
  program_id int not null references program,
  kind text not null check (kind in ('earned', 'reversed', 'returned_funds', 'adjusted', 'transferred', 'written_off')),
  batch_id bigint references accrual_batch,
  resolution_id uuid,
  correction_id uuid,
  correction_item int,
  currency char(3) not null references currency,
  amount_minor bigint not null check (amount_minor <> 0),
  earning_count int not null,
  available_on date not null,
  split_from bigint references earning_line,
  carried_from uuid check (carried_from is null or split_from is not null),
  made_by uuid[] not null default '{}',
  unique (id, partner_id, currency, amount_minor),
  constraint line_has_its_cause check (case
    when kind in ('earned', 'reversed') then batch_id is not null and earning_count > 0
    when kind = 'returned_funds' then resolution_id is not null and earning_count = 0
    else correction_id is not null and correction_item is not null and earning_count = 0 end
    and num_nonnulls(batch_id, resolution_id, correction_id) = 1 and num_nulls(correction_id, correction_item) in (0, 2))
);
create unique index one_line_a_batch on earning_line(partner_id, program_id, kind, currency, available_on, batch_id)
  where split_from is null;
create index on earning_line(program_id, partner_id);
create index on earning_line(split_from) where split_from is not null;
create unique index one_line_a_resolution on earning_line(resolution_id) where split_from is null;
create unique index one_line_a_correction_item on earning_line(correction_id, correction_item)
  where correction_id is not null and split_from is null;
comment on column earning_line.carried_from is
  'The run that left this part out, because its gateway pays only whole units. The next run considers it again.';
comment on column earning_line.made_by is 'The people who sent its events or wrote its terms. None of them may decide about paying it.';
comment on column earning_line.correction_id is 'The correction of two people that this line books. No event earned such a line.';
comment on column earning_line.resolution_id is
  'The decision of two people to credit the partner with a part that came back. No event earned such a line.';

create table earning(
  source text not null,
  source_id text not null,
  incentive_id text not null,
  partner_id bigint not null references partner,
  program_id int not null references program,
  plan_version_id int not null references plan_version,
  batch_id bigint not null references accrual_batch,
  earning_line_id bigint references earning_line,
  currency char(3) not null references currency,
  amount_minor bigint not null,
  basis_minor bigint not null,
  window_start date,
  available_on date not null,
  explanation jsonb not null,
  reverses text,
  primary key (source, source_id, incentive_id),
  foreign key (source, source_id) references event,
  foreign key (source, reverses, incentive_id) references earning(source, source_id, incentive_id)
);
create index on earning(earning_line_id);
create index on earning(source, reverses) where reverses is not null;
create index earning_volume on earning(incentive_id, partner_id, program_id, currency, window_start) include (basis_minor, amount_minor)
  where window_start is not null;
comment on column earning.reverses is 'The sale, of the same source, whose earning by the same incentive this one takes back.';
