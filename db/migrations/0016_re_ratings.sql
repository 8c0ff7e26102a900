-- The events of some days that are worked out again by the terms as they stand now. One person proposes it, a worker works out what would
-- change, and another person confirms exactly that.

create table re_rating(
  id uuid primary key default uuidv7(),
  program_id int not null references program,
  partner_id bigint references partner,
  from_day date not null check (isfinite(from_day)),
  until_day date check (isfinite(until_day) and until_day > from_day),
  reason text not null check (reason <> ''),
  proposed_by uuid not null references actor,
  proposed_at timestamptz not null default now(),
  status text not null default 'preparing' check (status in ('preparing', 'refused', 'proposed', 'confirmed', 'declined', 'done')),
  prepared_to bigint not null default 0,
  made_by uuid[] not null default '{}',
  decided_by uuid references actor,
  decided_at timestamptz,
  note text check (note <> ''),
  done_at timestamptz,
  proposal_signature_id uuid unique references signature,
  decision_signature_id uuid unique references signature,
  constraint two_people_re_rate check (decided_by <> proposed_by),
  check ((decided_by is null) = (decided_at is null)),
  check ((status in ('preparing', 'refused', 'proposed')) = (decided_by is null)),
  check ((status = 'done') = (done_at is not null))
);
create unique index one_open_re_rating on re_rating(program_id) where status in ('preparing', 'proposed', 'confirmed');
comment on column re_rating.note is 'The note of the person who decided it, or why it was refused: nobody knows yet what some events would earn.';
comment on column re_rating.prepared_to is 'The last partner whose events were worked out for the preview.';
comment on column re_rating.made_by is 'The people who wrote the terms or recorded the agreements by which it works out. None of them may confirm it.';

create table re_rating_item(
  re_rating_id uuid not null references re_rating,
  partner_id bigint not null references partner,
  currency text not null,
  events int not null check (events > 0),
  before_minor bigint not null,
  after_minor bigint not null,
  status text not null default 'proposed' check (status in ('proposed', 'booked', 'overtaken')),
  primary key (re_rating_id, partner_id, currency)
);
create index re_rating_item_open on re_rating_item(re_rating_id, partner_id) where status = 'proposed';
comment on table re_rating_item is
  'The amounts that the events of a partner earned before, and that they earn by the terms as they stand now. It is booked as it was confirmed, or not at all.';
comment on column re_rating_item.status is 'Overtaken: the events changed since, so the difference is no longer the one that was confirmed.';

grant select, insert on re_rating, re_rating_item to bursar_app;
grant update (status, prepared_to, made_by, decided_by, decided_at, note, decision_signature_id, done_at) on re_rating to bursar_app;
grant update (status) on re_rating_item to bursar_app;
