-- Up Migration

-- What waits for a person's decision. A task is open until somebody closes it, or until its cause is gone.

create table task(
  id uuid primary key default uuidv7(),
  kind text not null check (kind in ('outcome_unknown', 'provider_approval', 'partial_return', 'check_exception',
    'check_stop_expiring', 'check_stale')),
  subject text not null check (subject <> ''),
  payout_id uuid references payout,
  detail text not null check (detail <> ''),
  evidence jsonb not null default '{}',
  deadline_at timestamptz,
  opened_at timestamptz not null default now(),
  closed_at timestamptz,
  closed_by uuid references actor,
  resolution text,
  check ((closed_at is null) = (resolution is null)),
  check (closed_by is null or closed_at is not null)
);
create unique index one_open_task on task(kind, subject) where closed_at is null;
create index on task(payout_id) where payout_id is not null;
create index on task(deadline_at, id) where closed_at is null;
comment on column task.closed_by is 'Who decided; nobody where the cause went away by itself.';

-- What was asked never changes, and what was decided is a fact.
create function guard_task() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.closed_at is not null
     or (new.id, new.kind, new.subject, new.payout_id, new.opened_at)
        is distinct from (old.id, old.kind, old.subject, old.payout_id, old.opened_at) then
    raise exception 'task % refused: what was asked and what was decided are facts', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger task_guarded before update or delete on task for each row execute function guard_task();
create trigger task_born before insert on task
  for each row when (new.closed_at is not null) execute function refuse_birth('open');
create trigger no_truncate before truncate on task for each statement execute function refuse_change();

grant select, insert, update on task to bursar_app;
