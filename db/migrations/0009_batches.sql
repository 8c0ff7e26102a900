-- Up Migration

-- Payments that are asked for together: PayPal's batches, Wise's batch groups. What a batch holds is frozen when it is written.

create table batch_edge(from_state text, to_state text, primary key (from_state, to_state));
insert into batch_edge values
  ('prepared', 'submitted'),
  ('submitted', 'unknown'), ('submitted', 'needs_person'), ('submitted', 'accepted'), ('submitted', 'refused'),
  ('unknown', 'needs_person'), ('unknown', 'accepted'), ('unknown', 'refused'), ('unknown', 'done'),
  ('needs_person', 'accepted'), ('accepted', 'done'), ('refused', 'failed');

create table provider_batch(
  id uuid primary key,
  run_id uuid not null references payout_run,
  gateway text not null check (gateway in ('wise', 'paypal')),
  currency char(3) not null references currency,
  number smallint not null check (number > 0),
  item_count int not null check (item_count > 1),
  total_minor bigint not null check (total_minor > 0),
  provider_key text not null,
  provider_ref text,
  request_sealed bytea not null,
  request_hash bytea not null,
  step text,
  state text not null default 'prepared' check (state in
    ('prepared', 'submitted', 'unknown', 'needs_person', 'accepted', 'refused', 'done', 'failed')),
  word text,
  reason text,
  evidence jsonb not null default '{}',
  handed_to uuid,
  submitted_at timestamptz,
  submit_deadline_at timestamptz,
  state_at timestamptz not null default now(),
  due_at timestamptz not null default now() + interval '1 minute',
  created_at timestamptz not null default now(),
  txid xid8 not null default pg_current_xact_id(),
  unique (run_id, gateway, currency, number),
  unique (gateway, provider_key),
  unique (gateway, provider_ref),
  check ((state = 'prepared') = (submitted_at is null))
);
create index on provider_batch(due_at) where state not in ('done', 'failed');
comment on table provider_batch is 'Everything that is asked of a provider at once. Its attempts are all there when it is written, and no more come.';
comment on column provider_batch.handed_to is 'The last payout, in id order, that was told to follow its own payment from here on.';

alter table payout_attempt add column batch_id uuid references provider_batch;
create index on payout_attempt(batch_id, payout_id) where batch_id is not null;
comment on column payout_attempt.batch_id is 'The batch that asks for it; null of a payment that is asked for by itself.';

create trigger batch_born before insert on provider_batch
  for each row when (new.state <> 'prepared' or new.provider_ref is not null or new.handed_to is not null)
  execute function refuse_birth('prepared');

create function guard_batch() returns trigger language plpgsql as $$
begin
  if (new.id, new.run_id, new.gateway, new.currency, new.number, new.item_count, new.total_minor, new.provider_key, new.request_sealed,
      new.request_hash, new.created_at, new.txid)
     is distinct from
     (old.id, old.run_id, old.gateway, old.currency, old.number, old.item_count, old.total_minor, old.provider_key, old.request_sealed,
      old.request_hash, old.created_at, old.txid)
     or (old.submitted_at is not null and new.submitted_at is distinct from old.submitted_at)
     or (old.provider_ref is not null and new.provider_ref is distinct from old.provider_ref) then
    raise exception 'batch % refused: what it asks for is frozen', old.id using errcode = 'restrict_violation';
  end if;
  if new.state is distinct from old.state then
    if not exists (select from batch_edge where from_state = old.state and to_state = new.state) then
      raise exception 'batch % refused: % cannot become %', old.id, old.state, new.state using errcode = 'check_violation';
    end if;
    new.state_at := now();
  end if;
  return new;
end $$;
create trigger batch_guarded before update on provider_batch for each row execute function guard_batch();

-- A batch is its attempts, to the cent, and they are asked for with it: none before, none left out.
create function check_batch() returns trigger language plpgsql as $$
declare attempts int; total numeric; unasked int;
begin
  select count(*), coalesce(sum(amount_minor), 0), count(*) filter (where state = 'prepared') into attempts, total, unasked
  from payout_attempt where batch_id = new.id;
  if attempts <> new.item_count or total <> new.total_minor then
    raise exception 'batch % refused: its % attempts sum to %, not % to %', new.id, attempts, total, new.item_count, new.total_minor
      using errcode = 'check_violation';
  end if;
  if new.state <> 'prepared' and unasked > 0 then
    raise exception 'batch % refused: it is %, and % of its attempts are not', new.id, new.state, unasked using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger batch_is_its_attempts after insert or update of state on provider_batch deferrable initially deferred
  for each row execute function check_batch();

create function check_batched_attempts() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare offending uuid;
begin
  select added.id into offending from added join provider_batch batch on batch.id = added.batch_id join payout on payout.id = added.payout_id
  where batch.txid is distinct from pg_current_xact_id() or (batch.gateway, batch.currency, batch.run_id)
    is distinct from (added.gateway, added.currency, payout.run_id)
  limit 1;
  if found then
    raise exception 'attempt % refused: its batch is closed, or of another gateway, currency or run', offending using errcode = 'restrict_violation';
  end if;
  return null;
end $$;
create trigger batch_takes_no_more after insert on payout_attempt referencing new table as added
  for each statement execute function check_batched_attempts();

create function check_asked_with_batch() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare offending uuid;
begin
  select changed.id into offending from changed join provider_batch batch on batch.id = changed.batch_id
  where batch.state = 'prepared' and changed.state <> 'prepared' limit 1;
  if found then
    raise exception 'attempt % refused: it is asked for with its batch, never before', offending using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger asked_with_its_batch after update on payout_attempt referencing new table as changed
  for each statement execute function check_asked_with_batch();

create trigger batch_of_attempt_is_a_fact before update on payout_attempt
  for each row when (new.batch_id is distinct from old.batch_id) execute function refuse_change();
create trigger no_delete before delete on provider_batch for each row execute function refuse_change();
create trigger no_truncate before truncate on provider_batch for each statement execute function refuse_change();
create trigger facts_only before update or delete on batch_edge for each row execute function refuse_change();
create trigger no_truncate before truncate on batch_edge for each statement execute function refuse_change();

grant select, insert on provider_batch to bursar_app;
grant update (provider_ref, step, state, word, reason, evidence, handed_to, submitted_at, submit_deadline_at, due_at)
  on provider_batch to bursar_app;
grant select on batch_edge to bursar_app;
