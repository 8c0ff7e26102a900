-- Points and credits of partners, in lots of the day on which they were earned. The ledger holds the same balance. A lot is used up from
-- the oldest on. A refund of points that are gone leaves a debt, which no lot holds: the next earnings fill it.

create table points_lot(
  id bigint generated always as identity primary key,
  partner_id bigint not null references partner,
  unit text not null references unit check (is_points(unit)),
  earned_on date not null,
  available_on date not null check (available_on >= earned_on),
  expires_on date not null check (expires_on > earned_on),
  left_minor bigint not null default 0 check (left_minor >= 0),
  expired_minor bigint not null default 0 check (expired_minor >= 0),
  told_on date,
  unique (partner_id, unit, earned_on, available_on, expires_on)
);
create index points_lot_open on points_lot(partner_id, unit, earned_on, id) where left_minor > 0;
create index points_lot_expiring on points_lot(unit, expires_on, partner_id) where left_minor > 0;
create index points_lot_untold on points_lot(unit, expires_on, partner_id) where left_minor > 0 and told_on is null;
comment on column points_lot.expires_on is 'The local date from which it can no longer be used: infinity where it never expires.';
comment on column points_lot.expired_minor is 'The points of it that expired, less those whose sale was refunded afterwards.';
comment on column points_lot.told_on is 'The local date on which its partner was told that it will expire.';

-- Points that a partner used for something, such as a discount.
create table redemption(
  id uuid primary key default uuidv7(),
  partner_id bigint not null references partner,
  unit text not null references unit check (is_points(unit)),
  amount_minor bigint not null check (amount_minor > 0),
  purpose text not null check (purpose <> ''),
  reference text check (reference <> ''),
  redeemed_by uuid not null references actor,
  redeemed_at timestamptz not null default now(),
  cancelled_by uuid references actor,
  cancelled_at timestamptz,
  cancel_reason text check (cancel_reason <> ''),
  expired_minor bigint check (expired_minor between 0 and amount_minor),
  check (num_nulls(cancelled_by, cancelled_at, cancel_reason, expired_minor) in (0, 4))
);
create index on redemption(partner_id, id);
comment on column redemption.expired_minor is 'The points that came back when it was cancelled, but had expired meanwhile.';

-- Points that become money. Where the staff converts, one person proposes and another one decides about exactly these amounts.
create table conversion(
  id uuid primary key default uuidv7(),
  partner_id bigint not null references partner,
  unit text not null references unit check (is_points(unit)),
  asked_minor bigint not null check (asked_minor > 0),
  points_minor bigint not null check (points_minor > 0 and points_minor <= asked_minor),
  rate_id bigint not null references unit_rate,
  currency char(3) not null references currency,
  amount_minor bigint not null check (amount_minor > 0),
  reason text check (reason <> ''),
  proposed_by uuid not null references actor,
  proposed_at timestamptz not null default now(),
  status text not null default 'proposed' check (status in ('proposed', 'confirmed', 'refused')),
  decided_by uuid references actor,
  decided_at timestamptz,
  note text check (note <> ''),
  proposal_signature_id uuid unique references signature,
  decision_signature_id uuid unique references signature,
  constraint two_people_convert check (decided_by <> proposed_by),
  check ((status = 'proposed') = (decided_at is null) and (decided_by is null or decided_at is not null))
);
create index on conversion(partner_id, id);
create index on conversion(id) where status = 'proposed';
comment on column conversion.asked_minor is 'The points that were to be converted. Those that make no whole smallest unit of money stay points.';
comment on column conversion.decided_by is 'The person who decided. Null where the unit lets its partners convert alone.';

-- A change of the points of a partner, with its cause.
create table points_movement(
  id bigint generated always as identity primary key,
  partner_id bigint not null references partner,
  unit text not null references unit check (is_points(unit)),
  kind text not null check (kind in ('earned', 'reversed', 'corrected', 'redeemed', 'returned', 'expired', 'expiry_undone', 'converted', 'transferred')),
  amount_minor bigint not null check (amount_minor <> 0),
  batch_id bigint references accrual_batch,
  redemption_id uuid references redemption,
  conversion_id uuid references conversion,
  correction_id uuid references correction,
  moved_on date not null,
  recorded_at timestamptz not null default now(),
  constraint movement_has_its_cause check (case
    when kind in ('earned', 'reversed', 'corrected', 'expiry_undone') then batch_id is not null
    when kind in ('redeemed', 'returned') then redemption_id is not null
    when kind = 'converted' then conversion_id is not null
    when kind = 'transferred' then correction_id is not null
    else true end and num_nonnulls(batch_id, redemption_id, conversion_id, correction_id) <= 1),
  constraint movement_has_its_sign check (case
    when kind in ('redeemed', 'expired', 'converted') then amount_minor < 0
    when kind in ('returned', 'expiry_undone') then amount_minor > 0 else true end)
);
create index on points_movement(partner_id, id);
create index on points_movement(batch_id);
create unique index one_use_a_redemption on points_movement(redemption_id) where kind = 'redeemed';
create unique index one_return_a_redemption on points_movement(redemption_id) where kind = 'returned';
create index on points_movement(correction_id) where correction_id is not null;
create unique index one_use_a_conversion on points_movement(conversion_id) where conversion_id is not null;
comment on column points_movement.moved_on is 'The local date on which it was recorded.';

-- The part of a movement that a lot gave or got. The rest of it changed the debt.
create table points_lot_entry(
  movement_id bigint not null references points_movement,
  lot_id bigint not null references points_lot,
  amount_minor bigint not null check (amount_minor <> 0),
  primary key (movement_id, lot_id)
);
create index on points_lot_entry(lot_id);

alter table earning_line add foreign key (conversion_id) references conversion;

grant select, insert on points_lot, redemption, conversion, points_movement, points_lot_entry to bursar_app;
grant update (left_minor, expired_minor, told_on) on points_lot to bursar_app;
grant update (cancelled_by, cancelled_at, cancel_reason, expired_minor) on redemption to bursar_app;
grant update (status, decided_by, decided_at, note, decision_signature_id) on conversion to bursar_app;
grant update (retired_by, retired_at) on unit to bursar_app;
