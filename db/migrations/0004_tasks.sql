-- Notices and alarms for people, and tasks that wait for their decision. A task is open until somebody closes it or its cause is gone.

create table task(
  id uuid primary key default uuidv7(),
  kind text not null check (kind in ('outcome_unknown', 'provider_approval', 'partial_return', 'check_exception',
    'check_stop_expiring', 'check_stale', 'check_returned_mail', 'checks_to_mail', 'correction_proposed', 'decision_waiting',
    'conversion_proposed', 're_rating_proposed', 'policy_proposed', 'role_proposed', 'passkey_lost', 'events_quarantined',
    'partner_question')),
  subject text not null check (subject <> ''),
  payout_id uuid,
  detail text not null check (detail <> ''),
  evidence jsonb not null default '{}',
  deadline_at timestamptz(3),
  opened_at timestamptz not null default now(),
  closed_at timestamptz,
  closed_by uuid references actor,
  resolution text,
  check ((closed_at is null) = (resolution is null)),
  check (closed_by is null or closed_at is not null)
);
create unique index one_open_task on task(kind, subject) where closed_at is null;
create index on task(payout_id) where payout_id is not null;
create index task_queue on task(coalesce(deadline_at, 'infinity'), id) where closed_at is null;
comment on column task.deadline_at is 'In whole milliseconds, as a page of a list begins after one.';
comment on column task.closed_by is 'The person who decided. Null where the cause went away on its own.';

create table alarm(
  id bigint generated always as identity primary key,
  kind text not null,
  subject text not null,
  detail text not null,
  raised_at timestamptz not null default now(),
  told_at timestamptz,
  cleared_at timestamptz,
  cleared_by uuid references actor
);
create unique index one_open_alarm on alarm(kind, subject) where cleared_at is null;
create index on alarm(kind, subject);
create index on alarm(subject) where cleared_at is null;
comment on column alarm.detail is 'The first fact. alarm_fact has all of them.';
comment on column alarm.told_at is 'When the operators were last told of it.';

create table notification(
  id bigint generated always as identity primary key,
  dedupe_key text not null unique,
  kind text not null,
  audience text not null check (audience in ('partner', 'finance', 'operators', 'person')),
  partner_id bigint references partner,
  recipient text check (recipient <> ''),
  body jsonb not null,
  created_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  tries smallint not null default 0,
  sent_at timestamptz,
  superseded_at timestamptz,
  superseded_because text check (superseded_because <> ''),
  last_error text,
  content jsonb,
  translations jsonb,
  told_at timestamptz(3),
  in_portal boolean not null default true,
  check ((content is null) = (told_at is null)),
  check (translations is null or content is not null),
  check (audience <> 'person' or content is null),
  check ((audience = 'partner') = (partner_id is not null)),
  check (recipient is null or audience in ('partner', 'person')),
  check (audience <> 'person' or recipient is not null),
  check ((superseded_at is null) = (superseded_because is null)),
  check (sent_at is null or superseded_at is null)
);
create index on notification(partner_id, created_at) where recipient is not null;
create index on notification(due_at, id) where sent_at is null and superseded_at is null;
create index notification_of_partner on notification(partner_id, told_at, id) where told_at is not null and superseded_at is null and in_portal;
create index notification_of_staff on notification(audience, told_at, id) where told_at is not null and superseded_at is null and partner_id is null;
comment on column notification.recipient is
  'An address when the notice was written: of a person, or of a partner, such as the old one after a change. Null means the partner''s current one.';
comment on column notification.told_at is 'In whole milliseconds, as a page of a list begins after one.';
comment on column notification.content is 'The notice as it was first told, for its page. A notice to one person holds a secret link, and is mailed only.';
comment on column notification.translations is 'The same in the other languages, by their codes. Null where every reader reads English.';
comment on column notification.in_portal is 'False for the further mails of one event, which go to other addresses of the same partner.';
comment on column notification.superseded_because is 'Why the notice was no longer true when its time came, so that nobody was sent it.';

-- Everything that was found while an alarm was open, each once.
create table alarm_fact(
  id bigint generated always as identity primary key,
  alarm_id bigint not null references alarm,
  fact_hash bytea not null,
  detail text not null check (detail <> ''),
  at timestamptz not null default now(),
  told_by bigint references notification,
  unique (alarm_id, fact_hash)
);
comment on column alarm_fact.told_by is 'The notice that tells it. Null until one does.';
