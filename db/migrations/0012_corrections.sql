-- Corrections by people of what partners are owed: one person proposes, another one confirms or refuses. Nothing counts before. A
-- confirmed correction books one line for each of its items, in the transaction that confirms it.

create table correction(
  id uuid primary key default uuidv7(),
  kind text not null check (kind in ('credit', 'deduction', 'transfer', 'write_off', 'batch', 'merge')),
  reason text not null check (reason <> ''),
  reference text check (reference <> ''),
  hands uuid[] not null default '{}',
  merged_id bigint references partner,
  into_id bigint references partner,
  proposed_by uuid not null references actor,
  proposed_at timestamptz not null default now(),
  status text not null default 'proposed' check (status in ('proposed', 'confirmed', 'refused')),
  decided_by uuid references actor,
  decided_at timestamptz,
  note text check (note <> ''),
  proposal_signature_id uuid unique references signature,
  decision_signature_id uuid unique references signature,
  constraint two_people_correct check (decided_by <> proposed_by),
  check ((decided_by is null) = (decided_at is null)),
  check ((status = 'proposed') = (decided_by is null)),
  check ((kind = 'merge') = (merged_id is not null) and (kind = 'merge') = (into_id is not null)),
  check (merged_id <> into_id)
);
create index on correction(id) where status = 'proposed';
create unique index one_open_merge on correction(merged_id) where kind = 'merge' and status in ('proposed', 'confirmed');
comment on table correction is 'A proposal of one person to change what partners are owed, and the decision of another person about it.';
comment on column correction.reason is 'Why, for everybody who reads the line later. Its partner reads it too.';
comment on column correction.reference is 'Where the evidence is: the name or the number of a document, a ticket or an attachment.';
comment on column correction.hands is 'The people besides its proposer who had a hand in it, such as those who approved the claim behind it.';
comment on column correction.merged_id is 'The partner who is merged into another one.';

create table correction_item(
  correction_id uuid not null references correction,
  item_no int not null check (item_no > 0),
  partner_id bigint not null references partner,
  program_id int not null references program,
  currency char(3) not null references currency,
  amount_minor bigint not null check (amount_minor <> 0),
  available_on date not null,
  reason text check (reason <> ''),
  primary key (correction_id, item_no)
);
create index on correction_item(partner_id);
comment on table correction_item is
  'An amount that a correction adds to what one partner is owed, or takes from it. The two sides of a transfer are two items. A merge gets its items when it is booked.';
comment on column correction_item.reason is 'The reason of this item alone, such as that of one row of a file. Null: that of the correction.';

alter table earning_line add foreign key (correction_id, correction_item) references correction_item(correction_id, item_no);

grant select, insert on correction, correction_item to bursar_app;
grant update (status, decided_by, decided_at, note, decision_signature_id) on correction to bursar_app;
