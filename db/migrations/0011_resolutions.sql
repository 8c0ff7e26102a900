-- Up Migration

-- What two people say became of a payment that its provider cannot tell of, or of a part of one that came back: one proposes with
-- the evidence, another one confirms or refuses. And the wall behind it: an outcome that nobody knows is never known by time alone.

create table resolution(
  id uuid primary key default uuidv7(),
  task_id uuid not null references task,
  payout_id uuid not null references payout,
  attempt_id uuid not null references payout_attempt,
  outcome text not null check (outcome in ('paid', 'not_paid', 'returned', 'credit_partner', 'keep')),
  amount_minor bigint check (amount_minor > 0),
  evidence text not null check (evidence <> ''),
  reference text check (reference <> ''),
  proposed_by uuid not null references actor,
  proposed_at timestamptz not null default now(),
  status text not null default 'proposed' check (status in ('proposed', 'confirmed', 'refused', 'applied', 'overtaken')),
  decided_by uuid references actor,
  decided_at timestamptz,
  note text check (note <> ''),
  ended_at timestamptz,
  check (decided_by <> proposed_by),
  check ((decided_by is null) = (decided_at is null)),
  check (status in ('proposed', 'overtaken') or decided_by is not null),
  check (status <> 'proposed' or decided_by is null),
  check ((status in ('applied', 'overtaken')) = (ended_at is not null)),
  check ((outcome in ('credit_partner', 'keep')) = (amount_minor is not null))
);
create unique index one_open_resolution on resolution(attempt_id) where status in ('proposed', 'confirmed');
create index on resolution(payout_id);
create index resolution_due on resolution(payout_id) where status = 'confirmed';
comment on table resolution is 'What people write stays here: only the row''s id is named elsewhere, and nothing of it travels through Temporal.';
comment on column resolution.amount_minor is 'Of a part that came back: how much of it this decides.';
comment on column resolution.status is
  'Applied: the books say so. Overtaken: the provider said what became of it before this was applied, and its word stands.';

create table resolution_edge(from_status text, to_status text, primary key (from_status, to_status));
insert into resolution_edge values ('proposed', 'confirmed'), ('proposed', 'refused'), ('proposed', 'overtaken'),
  ('confirmed', 'applied'), ('confirmed', 'overtaken');
revoke insert, update, delete on resolution_edge from bursar_app;
grant select on resolution_edge to bursar_app;

create function guard_resolution() returns trigger language plpgsql as $$
begin
  if exists (select from payout join api_key key on key.partner_id = payout.partner_id
             where payout.id = new.payout_id and key.actor_id in (new.proposed_by, new.decided_by)) then
    raise exception 'resolution % refused: it is about a payout to the same person', new.id using errcode = 'check_violation';
  end if;
  if tg_op = 'INSERT' then
    if not exists (select from task where id = new.task_id and payout_id = new.payout_id and closed_at is null
                   and case when new.amount_minor is not null then kind = 'partial_return'
                       else kind in ('outcome_unknown', 'partial_return') end)
       or not exists (select from payout_attempt where id = new.attempt_id and payout_id = new.payout_id and state <> 'failed') then
      raise exception 'resolution % refused: no open task asks for it', new.id using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if (new.id, new.task_id, new.payout_id, new.attempt_id, new.outcome, new.amount_minor, new.evidence, new.reference, new.proposed_by,
      new.proposed_at)
     is distinct from (old.id, old.task_id, old.payout_id, old.attempt_id, old.outcome, old.amount_minor, old.evidence, old.reference,
      old.proposed_by, old.proposed_at)
     or old.decided_by is not null and (new.decided_by, new.decided_at, new.note) is distinct from (old.decided_by, old.decided_at, old.note)
     or old.status = new.status
     or not exists (select from resolution_edge where from_status = old.status and to_status = new.status) then
    raise exception 'resolution % refused: what was proposed and decided are facts', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger resolution_guarded before insert or update on resolution for each row execute function guard_resolution();
create trigger resolution_born before insert on resolution
  for each row when (new.status <> 'proposed') execute function refuse_birth('proposed');
create trigger no_delete before delete on resolution for each row execute function refuse_change();
create trigger no_truncate before truncate on resolution for each statement execute function refuse_change();
create trigger facts_only before update or delete on resolution_edge for each row execute function refuse_change();
create trigger no_truncate before truncate on resolution_edge for each statement execute function refuse_change();
grant select, insert, update on resolution to bursar_app;

-- Who said what an attempt is: its provider, people, or nobody but us.

alter table payout_attempt
  add column answered_at timestamptz,
  add column resolution_id uuid references resolution;
comment on column payout_attempt.answered_at is 'When what a provider answered was last written down.';
comment on column payout_attempt.resolution_id is 'The last word of people on it.';

alter table attempt_history
  add column said_by text check (said_by in ('us', 'provider', 'people')),
  add column resolution_id uuid references resolution,
  add check (said_by <> 'people' or resolution_id is not null);

create or replace function keep_attempt_history() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  by_people boolean := tg_op = 'UPDATE' and new.resolution_id is distinct from old.resolution_id;
  by_provider boolean := tg_op = 'UPDATE' and new.answered_at is distinct from old.answered_at;
begin
  insert into attempt_history(attempt_id, from_state, to_state, word, reason, evidence, said_by, resolution_id)
  values (new.id, case tg_op when 'UPDATE' then old.state end, new.state, new.word, new.reason, new.evidence,
    case when by_people then 'people' when by_provider then 'provider' else 'us' end,
    case when by_people then new.resolution_id end);
  return null;
end $$;

-- No timer and no slip of ours ends what nobody knows: it is left by what a provider answered, or by what two people decided of it.
create function guard_attempt_word() returns trigger language plpgsql as $$
begin
  if new.resolution_id is distinct from old.resolution_id and not exists (
    select from resolution where id = new.resolution_id and attempt_id = new.id and status = 'confirmed'
      and case outcome when 'paid' then new.state = 'settled' when 'not_paid' then new.state = 'failed'
          when 'returned' then new.state = 'returned' else new.state in (old.state, 'settled') end
  ) then
    raise exception 'attempt % refused: no two people decided that it is %', old.id, new.state using errcode = 'check_violation';
  end if;
  if old.state in ('submitted', 'unknown') and new.state <> old.state
     and new.resolution_id is not distinct from old.resolution_id
     and (new.word is null or new.answered_at is not distinct from old.answered_at) then
    raise exception 'attempt % refused: neither its provider nor two people said that it is %', old.id, new.state
      using errcode = 'check_violation';
  end if;
  if new.returned_minor < old.returned_minor then
    raise exception 'attempt % refused: what came back does not go again', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger attempt_word_guarded before update on payout_attempt for each row execute function guard_attempt_word();

-- What came back in part and is the partner's again: a line that no event earned, and a decision made.

alter table earning_line
  add column resolution_id uuid references resolution,
  alter column batch_id drop not null,
  drop constraint earning_line_earning_count_check,
  add constraint line_has_its_cause check (case kind
    when 'returned_funds' then resolution_id is not null and batch_id is null and earning_count = 0
    else resolution_id is null and batch_id is not null and earning_count > 0 end);
create unique index one_line_a_resolution on earning_line(resolution_id) where split_from is null;

create function guard_returned_funds() returns trigger language plpgsql as $$
begin
  if not exists (
    select from resolution join payout on payout.id = resolution.payout_id
    where resolution.id = new.resolution_id and resolution.outcome = 'credit_partner' and resolution.status in ('confirmed', 'applied')
      and (payout.partner_id, payout.currency, resolution.amount_minor) = (new.partner_id, new.currency, new.amount_minor)
  ) then
    raise exception 'line of returned funds refused: no two people credited this partner with it' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger returned_funds_decided before insert on earning_line
  for each row when (new.kind = 'returned_funds' and new.split_from is null) execute function guard_returned_funds();

-- A replacement: a run for one partner and currency, and only after proof that the payout it replaces pays no more.

alter table payout_run
  add column replaces_id uuid references payout,
  add column ask_reason text check (ask_reason <> ''),
  add check ((replaces_id is null) = (ask_reason is null)),
  add check (replaces_id is null or kind = 'on_demand');
comment on column payout_run.replaces_id is 'The payout that this run replaces: it pays that partner in that currency, and nobody else.';

drop index one_open_run_a_schedule;
create unique index one_open_run_a_schedule on payout_run(schedule_id) where status in ('preparing', 'review') and replaces_id is null;
create unique index one_open_replacement_run on payout_run(replaces_id) where status in ('preparing', 'review', 'approved');
create unique index one_live_replacement on payout(replaces_id) where status not in ('failed', 'returned', 'cancelled');

create function guard_replacement_run() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if (new.replaces_id, new.ask_reason) is distinct from (old.replaces_id, old.ask_reason) then
      raise exception 'run % refused: what it is about never changes', old.id using errcode = 'restrict_violation';
    end if;
    return new;
  end if;
  if new.replaces_id is not null and not exists (
    select from payout join payout_run run on run.id = payout.run_id
    where payout.id = new.replaces_id and payout.status in ('failed', 'returned') and run.schedule_id = new.schedule_id
  ) then
    raise exception 'run % refused: payout % is not proved dead, or is of another schedule', new.id, new.replaces_id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger replacement_run_guarded before insert or update on payout_run for each row execute function guard_replacement_run();

create function guard_replacement() returns trigger language plpgsql as $$
begin
  if (select replaces_id from payout_run where id = new.run_id) is distinct from new.replaces_id then
    raise exception 'payout % refused: it replaces what its run replaces, and nothing else', new.id using errcode = 'check_violation';
  end if;
  if new.replaces_id is not null
     and not exists (select from payout where id = new.replaces_id and status in ('failed', 'returned')) then
    raise exception 'payout % refused: payout % is not proved dead', new.id, new.replaces_id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger replacement_guarded before insert on payout for each row execute function guard_replacement();
