-- Which notices people want by mail, and what they have read. A notice itself is a row of notification.

create table notice_choice(
  actor_id uuid not null references actor,
  kind text not null check (kind <> ''),
  way text not null check (way in ('now', 'daily', 'off')),
  changed_at timestamptz not null default now(),
  primary key (actor_id, kind)
);
create index on notice_choice(kind) where way <> 'off';
comment on table notice_choice is 'How a person wants the mail of a kind. Without a row they get what comes to the shared address alone.';

create table notice_copy(
  notification_id bigint not null references notification,
  actor_id uuid not null references actor,
  way text not null check (way in ('now', 'daily')),
  day date not null default current_date,
  due_at timestamptz not null,
  tries smallint not null default 0,
  sent_at timestamptz,
  last_error text,
  primary key (notification_id, actor_id)
);
create index on notice_copy(due_at) where sent_at is null;
comment on table notice_copy is 'A person''s own mail of a notice: at once, or in the digest of its UTC day, which is sent when the day is over.';

create table notice_read(
  actor_id uuid not null references actor,
  notification_id bigint not null references notification,
  read_at timestamptz not null default now(),
  primary key (actor_id, notification_id)
);

create table notice_reader(
  actor_id uuid not null references actor,
  partner_id bigint not null,
  read_until timestamptz(3) not null,
  primary key (actor_id, partner_id)
);
comment on table notice_reader is 'Up to when a person has read everything. The partner is 0 for the notices of the console.';

grant select, insert, update on notice_choice, notice_copy, notice_reader to bursar_app;
grant select, insert on notice_read to bursar_app;
