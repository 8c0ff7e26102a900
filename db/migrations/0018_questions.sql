-- Questions of partners about a line: an earning, a payout, a row of a statement, or something that they miss.

create table question(
  id uuid primary key default uuidv7(),
  partner_id bigint not null references partner,
  about text not null check (about in ('earning', 'payout', 'statement', 'missing')),
  payout_id uuid references payout,
  source text check (source <> ''),
  source_id text check (source_id <> ''),
  line text check (line <> ''),
  day date,
  currency text check (currency <> ''),
  amount_minor bigint,
  asked_by uuid not null references actor,
  asked_at timestamptz not null default now(),
  status text not null default 'open' check (status in ('open', 'asked_back', 'adjusting', 'answered', 'adjusted', 'closed')),
  status_at timestamptz not null default now(),
  due_at timestamptz,
  reopened_at timestamptz,
  correction_id uuid references correction,
  check ((about = 'payout') = (payout_id is not null)),
  check ((source is null) = (source_id is null)),
  check (about <> 'earning' or source is not null),
  check (about <> 'statement' or (line is not null and day is not null)),
  check ((amount_minor is null) = (currency is null)),
  check ((status in ('open', 'asked_back')) = (due_at is not null)),
  check (status not in ('adjusting', 'adjusted') or correction_id is not null)
);
create index on question(partner_id, id desc);
create index on question(due_at, id) where due_at is not null;
create index on question(correction_id) where correction_id is not null;
comment on column question.line is 'The line as the partner saw it, or their own name for what they miss, such as the number of an order.';
comment on column question.currency is 'A currency, or a unit that is not money.';
comment on column question.due_at is 'When we should have answered, or when the silence of the partner ends the question.';

-- The messages of both sides, in their order. A text is free and may name people, so it stays here: no mail, task or workflow holds it.
create table question_message(
  id bigint generated always as identity primary key,
  question_id uuid not null references question,
  kind text not null check (kind in ('question', 'answer', 'ask_back', 'reply', 'adjustment', 'close', 'reopen', 'silence', 'confirmed', 'refused')),
  side text not null check (side in ('partner', 'staff', 'bursar')),
  actor_id uuid references actor,
  text text check (text <> ''),
  at timestamptz not null default now(),
  check ((side = 'bursar') = (actor_id is null)),
  check ((side = 'bursar') = (text is null))
);
create index on question_message(question_id, id);

grant select, insert on question, question_message to bursar_app;
grant update (status, status_at, due_at, reopened_at, correction_id) on question to bursar_app;
