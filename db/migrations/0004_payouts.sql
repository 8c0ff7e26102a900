-- Up Migration

-- Runs, payouts, attempts and decisions. The rules that keep money right are constraints and triggers, whoever writes.

create table run_edge(from_status text, to_status text, primary key (from_status, to_status));
insert into run_edge values
  ('preparing', 'review'), ('preparing', 'disbursed'), ('preparing', 'cancelled'),
  ('review', 'approved'), ('review', 'rejected'), ('review', 'expired'), ('review', 'cancelled'),
  ('approved', 'disbursing'), ('approved', 'cancelled'),
  ('disbursing', 'paused'), ('disbursing', 'disbursed'), ('paused', 'disbursing');

create table payout_edge(from_status text, to_status text, primary key (from_status, to_status));
insert into payout_edge values
  ('draft', 'approved'), ('draft', 'cancelled'), ('approved', 'executing'), ('approved', 'cancelled'),
  ('executing', 'sent'), ('executing', 'settled'), ('executing', 'failed'), ('executing', 'returned'),
  ('sent', 'settled'), ('sent', 'returned'), ('sent', 'failed'), ('settled', 'returned');

create table attempt_edge(from_state text, to_state text, primary key (from_state, to_state));
insert into attempt_edge
  select from_state, to_state from (values
    ('prepared', array['submitted', 'failed']),
    ('submitted', array['unknown', 'accepted', 'sent', 'settled', 'unclaimed', 'on_hold', 'needs_person', 'failed', 'returned']),
    ('unknown', array['submitted', 'accepted', 'sent', 'settled', 'unclaimed', 'on_hold', 'needs_person', 'failed', 'returned']),
    ('needs_person', array['unknown', 'accepted', 'sent', 'settled', 'unclaimed', 'on_hold', 'failed', 'returned']),
    ('accepted', array['unknown', 'sent', 'settled', 'unclaimed', 'on_hold', 'needs_person', 'failed', 'returned']),
    ('on_hold', array['accepted', 'sent', 'settled', 'unclaimed', 'needs_person', 'failed', 'returned']),
    ('unclaimed', array['accepted', 'sent', 'settled', 'on_hold', 'needs_person', 'failed', 'returned']),
    ('sent', array['accepted', 'settled', 'on_hold', 'unclaimed', 'needs_person', 'stale', 'failed', 'returned']),
    ('stale', array['settled', 'needs_person', 'failed', 'returned']),
    ('settled', array['returned', 'on_hold', 'needs_person'])
  ) edges(from_state, to_states), unnest(to_states) as to_state;

create table payout_run(
  id uuid primary key,
  schedule_id int not null references pay_schedule,
  kind text not null check (kind in ('scheduled', 'on_demand')),
  period_start date not null,
  period_end date not null,
  redo smallint not null default 0 check (redo >= 0),
  cutoff_at timestamptz not null,
  pay_on date not null,
  status text not null default 'preparing' check (status in
    ('preparing', 'review', 'approved', 'disbursing', 'paused', 'disbursed', 'rejected', 'expired', 'cancelled')),
  preparer_id uuid references actor,
  content_hash bytea,
  status_reason text,
  review_since timestamptz,
  due_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  check (period_end > period_start)
);
create trigger run_born before insert on payout_run
  for each row when (new.status <> 'preparing' or new.content_hash is not null) execute function refuse_birth('preparing, without content');
create unique index one_run_a_period on payout_run(schedule_id, period_end, redo) where kind = 'scheduled';
create unique index one_open_run_a_schedule on payout_run(schedule_id) where status in ('preparing', 'review');
create index on payout_run(due_at) where status in ('preparing', 'review', 'approved', 'disbursing', 'paused');
comment on column payout_run.preparer_id is 'Who asked for the run; of a scheduled run nobody did: the system.';

create table payout(
  id uuid primary key,
  run_id uuid not null references payout_run,
  partner_id bigint not null references partner,
  currency char(3) not null references currency,
  method text not null check (method in ('bank', 'paypal', 'check')),
  gateway text not null check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  gross_minor bigint not null,
  withheld_minor bigint not null default 0 check (withheld_minor >= 0),
  fee_minor bigint not null default 0 check (fee_minor >= 0),
  net_minor bigint not null check (net_minor > 0),
  instrument_version_id uuid not null,
  replaces_id uuid,
  status text not null default 'draft' check (status in
    ('draft', 'approved', 'executing', 'sent', 'settled', 'failed', 'returned', 'cancelled')),
  status_reason text,
  due_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  status_at timestamptz not null default now(),
  foreign key (instrument_version_id, partner_id, method) references instrument_version(id, partner_id, method),
  check (net_minor = gross_minor - withheld_minor - fee_minor),
  check ((method, gateway) in (('bank', 'wise'), ('paypal', 'paypal'), ('check', 'lob'), ('check', 'printed-check'))),
  unique (run_id, partner_id, currency),
  unique (id, partner_id, currency),
  foreign key (replaces_id, partner_id, currency) references payout(id, partner_id, currency)
);
create index on payout(partner_id, created_at desc);
create index on payout(run_id, status, id);
create index on payout(due_at, id) where status in ('approved', 'executing', 'sent');

create table payout_line(
  payout_id uuid not null,
  earning_line_id bigint not null,
  partner_id bigint not null,
  currency char(3) not null,
  amount_minor bigint not null,
  released_at timestamptz,
  primary key (payout_id, earning_line_id),
  foreign key (payout_id, partner_id, currency) references payout(id, partner_id, currency),
  foreign key (earning_line_id, partner_id, currency, amount_minor)
    references earning_line(id, partner_id, currency, amount_minor)
);
create unique index earning_line_paid_once on payout_line(earning_line_id) where released_at is null;

create table run_outcome(
  run_id uuid not null references payout_run,
  partner_id bigint not null references partner,
  currency char(3) not null references currency,
  outcome text not null check (outcome in ('paid', 'nothing_due', 'negative_balance', 'partner_on_hold', 'no_instrument',
    'instrument_cooling_off', 'method_not_offered', 'below_minimum', 'excluded')),
  payable_minor bigint not null,
  reasons jsonb not null default '[]',
  payout_id uuid references payout,
  primary key (run_id, partner_id, currency),
  check ((outcome in ('paid', 'excluded')) = (payout_id is not null))
);

create table run_edit(
  id bigint generated always as identity primary key,
  run_id uuid not null references payout_run,
  payout_id uuid not null references payout,
  actor_id uuid not null references actor,
  reason text not null check (reason <> ''),
  at timestamptz not null default now()
);
create index on run_edit(run_id);

create table decision_note(
  id uuid primary key default uuidv7(),
  actor_id uuid not null references actor,
  note text not null check (note <> ''),
  at timestamptz not null default now()
);
comment on table decision_note is 'What people write to a decision. Only its id travels through Temporal, which keeps what it is given in clear.';

create table approval(
  id bigint generated always as identity primary key,
  run_id uuid not null references payout_run,
  content_hash bytea not null,
  actor_id uuid not null references actor,
  decision text not null check (decision in ('approve', 'reject')),
  note_id uuid references decision_note,
  at timestamptz not null default now(),
  unique (run_id, content_hash, actor_id)
);

create table payout_attempt(
  id uuid primary key default uuidv7(),
  payout_id uuid not null references payout,
  attempt_no smallint not null check (attempt_no > 0),
  gateway text not null check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  provider_key text not null,
  provider_ref text,
  currency char(3) not null references currency,
  amount_minor bigint not null check (amount_minor > 0),
  check_number bigint,
  request_sealed bytea not null,
  request_hash bytea not null,
  step text,
  state text not null default 'prepared' check (state in ('prepared', 'submitted', 'unknown', 'needs_person', 'accepted',
    'on_hold', 'unclaimed', 'sent', 'stale', 'settled', 'returned', 'failed')),
  word text,
  reason text,
  evidence jsonb not null default '{}',
  debited_minor bigint check (debited_minor >= 0),
  debit_fee_minor bigint check (debit_fee_minor >= 0),
  returned_minor bigint check (returned_minor >= 0),
  submitted_at timestamptz,
  submit_deadline_at timestamptz,
  state_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  unique (payout_id, attempt_no),
  unique (gateway, provider_key),
  unique (gateway, provider_ref),
  check ((state = 'prepared') = (submitted_at is null) or state = 'failed'),
  check (state not in ('prepared', 'failed') or (debited_minor is null and returned_minor is null))
);
create unique index one_live_attempt on payout_attempt(payout_id) where state <> 'failed';

create table attempt_history(
  id bigint generated always as identity primary key,
  attempt_id uuid not null references payout_attempt,
  from_state text,
  to_state text not null,
  word text,
  reason text,
  evidence jsonb not null,
  at timestamptz not null default now()
);
create index on attempt_history(attempt_id);

create table check_register(
  payer_id int not null references payer,
  account_ref text not null,
  number bigint not null check (number > 0),
  attempt_id uuid not null unique references payout_attempt,
  issued_at timestamptz not null default now(),
  primary key (payer_id, account_ref, number)
);

create function guard_run() returns trigger language plpgsql as $$
begin
  if (new.id, new.schedule_id, new.kind, new.period_start, new.period_end, new.redo, new.cutoff_at, new.preparer_id)
     is distinct from (old.id, old.schedule_id, old.kind, old.period_start, old.period_end, old.redo, old.cutoff_at, old.preparer_id) then
    raise exception 'run % refused: what it is about never changes', old.id using errcode = 'restrict_violation';
  end if;
  if new.content_hash is distinct from old.content_hash and old.status not in ('preparing', 'review') then
    raise exception 'run % refused: its content is closed', old.id using errcode = 'restrict_violation';
  end if;
  if new.status is distinct from old.status then
    if not exists (select from run_edge where from_status = old.status and to_status = new.status) then
      raise exception 'run % refused: % cannot become %', old.id, old.status, new.status using errcode = 'check_violation';
    end if;
    if new.status = 'approved' and (
      select count(distinct actor_id) from approval
      where run_id = new.id and content_hash = new.content_hash and decision = 'approve'
        and actor_id is distinct from new.preparer_id
    ) < (select approvals_required from pay_schedule where id = new.schedule_id) then
      raise exception 'run % refused: too few people other than its preparer approved this content', old.id
        using errcode = 'check_violation';
    end if;
  end if;
  return new;
end $$;
create trigger run_guarded before update on payout_run for each row execute function guard_run();

create function guard_payout() returns trigger language plpgsql as $$
begin
  if (new.id, new.run_id, new.partner_id, new.currency, new.method, new.gateway, new.gross_minor, new.withheld_minor, new.fee_minor,
      new.net_minor, new.instrument_version_id, new.replaces_id, new.created_at)
     is distinct from
     (old.id, old.run_id, old.partner_id, old.currency, old.method, old.gateway, old.gross_minor, old.withheld_minor, old.fee_minor,
      old.net_minor, old.instrument_version_id, old.replaces_id, old.created_at) then
    raise exception 'payout % refused: amounts, partner and instrument are frozen', old.id using errcode = 'restrict_violation';
  end if;
  if new.status is distinct from old.status then
    if not exists (select from payout_edge where from_status = old.status and to_status = new.status) then
      raise exception 'payout % refused: % cannot become %', old.id, old.status, new.status using errcode = 'check_violation';
    end if;
    if new.status in ('failed', 'cancelled')
       and exists (select from payout_attempt where payout_id = new.id and state <> 'failed') then
      raise exception 'payout % refused: it cannot become % while an attempt may still pay', old.id, new.status
        using errcode = 'check_violation';
    end if;
    if new.status in ('settled', 'returned')
       and not exists (select from payout_attempt where payout_id = new.id and state = new.status) then
      raise exception 'payout % refused: no attempt of it is %', old.id, new.status using errcode = 'check_violation';
    end if;
    if new.status = 'executing'
       and not exists (select from payout_run where id = new.run_id and status in ('disbursing', 'paused')) then
      raise exception 'payout % refused: its run is not disbursing', old.id using errcode = 'check_violation';
    end if;
    if new.status = 'approved'
       and not exists (select from payout_run where id = new.run_id and status = 'approved') then
      raise exception 'payout % refused: its run is not approved', old.id using errcode = 'check_violation';
    end if;
    new.status_at := now();
  end if;
  return new;
end $$;
create trigger payout_guarded before update on payout for each row execute function guard_payout();
create trigger payout_born before insert on payout
  for each row when (new.status <> 'draft') execute function refuse_birth('as a draft');

create function guard_payout_birth() returns trigger language plpgsql as $$
begin
  if not exists (select from payout_run where id = new.run_id and status = 'preparing') then
    raise exception 'payout % refused: its run is prepared, and gains no more', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger payout_born_in_preparing before insert on payout for each row execute function guard_payout_birth();

create function check_payout_sum() returns trigger language plpgsql as $$
declare current payout; lines numeric; dead boolean;
begin
  select * into current from payout where id = new.id;
  dead := current.status in ('failed', 'returned', 'cancelled');
  select coalesce(sum(amount_minor), 0) into lines from payout_line where payout_id = new.id and released_at is null;
  if dead and exists (select from payout_line where payout_id = new.id and released_at is null) then
    raise exception 'payout % refused: it is % and still holds lines', new.id, current.status using errcode = 'check_violation';
  end if;
  if not dead and lines <> current.gross_minor then
    raise exception 'payout % refused: its lines sum to %, not to %', new.id, lines, current.gross_minor
      using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger payout_is_its_lines after insert or update of status on payout deferrable initially deferred
  for each row execute function check_payout_sum();

-- The lines of a payout come all at once: whoever adds one later changes what it is.
create function check_added_lines() returns trigger language plpgsql as $$
declare offending uuid;
begin
  select payout.id into offending
  from (select distinct payout_id from added) touched join payout on payout.id = touched.payout_id
  where payout.gross_minor <> (select sum(amount_minor) from payout_line where payout_id = payout.id)
  limit 1;
  if found then
    raise exception 'lines of payout % refused: they do not sum to what it pays', offending using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger lines_make_the_payout after insert on payout_line referencing new table as added
  for each statement execute function check_added_lines();

create function guard_payout_line() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare payout_status text := (select status from payout where id = coalesce(new.payout_id, old.payout_id));
begin
  if tg_op = 'DELETE' then
    raise exception 'line of payout % refused: lines are never deleted', old.payout_id using errcode = 'restrict_violation';
  end if;
  if tg_op = 'INSERT' then
    if payout_status <> 'draft' or new.released_at is not null
       or not exists (select from payout join payout_run run on run.id = payout.run_id
                      where payout.id = new.payout_id and run.status = 'preparing') then
      raise exception 'line of payout % refused: lines are only added in draft, while the run is prepared', new.payout_id
        using errcode = 'restrict_violation';
    end if;
    -- Whoever splits the line at the same moment waits for us, or we for them.
    perform from earning_line where id = new.earning_line_id for key share;
    if exists (select from earning_line where split_from = new.earning_line_id) then
      raise exception 'line % refused: it was split; its parts are paid', new.earning_line_id using errcode = 'restrict_violation';
    end if;
    return new;
  end if;
  if (new.payout_id, new.earning_line_id, new.partner_id, new.currency, new.amount_minor)
     is distinct from (old.payout_id, old.earning_line_id, old.partner_id, old.currency, old.amount_minor)
     or old.released_at is not null or new.released_at is null then
    raise exception 'line of payout % refused: a line is only released, once', old.payout_id using errcode = 'restrict_violation';
  end if;
  if payout_status not in ('failed', 'returned', 'cancelled') then
    raise exception 'line of payout % refused: it is % and keeps its lines', old.payout_id, payout_status
      using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger payout_line_guarded before insert or update or delete on payout_line
  for each row execute function guard_payout_line();
create trigger no_truncate before truncate on payout_line for each statement execute function refuse_change();
create trigger no_truncate before truncate on payout for each statement execute function refuse_change();
create trigger no_delete before delete on payout for each row execute function refuse_change();

create function guard_attempt() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'prepared' then
      raise exception 'attempt refused: it begins as prepared' using errcode = 'check_violation';
    end if;
    -- Locked, so that nobody gives the payout up at the same moment.
    perform from payout where id = new.payout_id for share;
    if not exists (
      select from payout where id = new.payout_id and net_minor = new.amount_minor and currency = new.currency and gateway = new.gateway
        and status = 'executing'
    ) then
      raise exception 'attempt refused: payout % is not executing, or has another amount or gateway', new.payout_id using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if (new.id, new.payout_id, new.attempt_no, new.gateway, new.provider_key, new.currency, new.amount_minor, new.check_number,
      new.request_sealed, new.request_hash, new.created_at)
     is distinct from
     (old.id, old.payout_id, old.attempt_no, old.gateway, old.provider_key, old.currency, old.amount_minor, old.check_number,
      old.request_sealed, old.request_hash, old.created_at)
     or (old.submitted_at is not null and new.submitted_at is distinct from old.submitted_at)
     or (old.provider_ref is not null and new.provider_ref is distinct from old.provider_ref)
     or (old.debited_minor is not null
         and (new.debited_minor, new.debit_fee_minor) is distinct from (old.debited_minor, old.debit_fee_minor))
     or (old.returned_minor is not null and new.returned_minor is null) then
    raise exception 'attempt % refused: key, request and amounts are frozen', old.id using errcode = 'restrict_violation';
  end if;
  if new.state is distinct from old.state then
    if not exists (select from attempt_edge where from_state = old.state and to_state = new.state) then
      raise exception 'attempt % refused: % cannot become %', old.id, old.state, new.state using errcode = 'check_violation';
    end if;
    new.state_at := now();
  end if;
  return new;
end $$;
create trigger attempt_guarded before insert or update on payout_attempt for each row execute function guard_attempt();
create trigger no_delete before delete on payout_attempt for each row execute function refuse_change();
create trigger no_truncate before truncate on payout_attempt for each statement execute function refuse_change();

create function keep_attempt_history() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into attempt_history(attempt_id, from_state, to_state, word, reason, evidence)
  values (new.id, case tg_op when 'UPDATE' then old.state end, new.state, new.word, new.reason, new.evidence);
  return null;
end $$;
create trigger attempt_born after insert on payout_attempt for each row execute function keep_attempt_history();
create trigger attempt_changed after update on payout_attempt
  for each row when (new.state is distinct from old.state or new.word is distinct from old.word)
  execute function keep_attempt_history();

do $$
declare facts text;
begin
  foreach facts in array array['approval', 'decision_note', 'attempt_history', 'run_edit', 'check_register', 'run_edge', 'payout_edge', 'attempt_edge'] loop
    execute format('create trigger facts_only before update or delete on %I for each row execute function refuse_change()', facts);
    execute format('create trigger no_truncate before truncate on %I for each statement execute function refuse_change()', facts);
  end loop;
end $$;
