-- Up Migration

-- What surrounds the money: repeated requests, providers' messages, notices, alarms, reconciliation, the audit log.

create table idempotency_key(
  actor_id uuid not null references actor,
  route text not null,
  key text not null check (length(key) between 1 and 200),
  request_hash bytea not null,
  state text not null check (state in ('running', 'finished')),
  status smallint,
  body text,
  claimed_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '30 days',
  primary key (actor_id, route, key),
  check ((state = 'finished') = (status is not null))
);
create index on idempotency_key(expires_at);

create table webhook_inbox(
  gateway text not null check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  event_id text not null,
  provider_ref text,
  provider_key text,
  word text not null,
  raw_body bytea not null,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  primary key (gateway, event_id)
);
create index on webhook_inbox(received_at) where processed_at is null;
create index on webhook_inbox(gateway, provider_ref) where processed_at is null;

create table notification(
  id bigint generated always as identity primary key,
  dedupe_key text not null unique,
  kind text not null,
  audience text not null check (audience in ('partner', 'finance', 'operators')),
  partner_id bigint references partner,
  body jsonb not null,
  created_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  tries smallint not null default 0,
  sent_at timestamptz,
  last_error text,
  check ((audience = 'partner') = (partner_id is not null))
);
create index on notification(due_at) where sent_at is null;

create table gateway_pause(
  gateway text primary key check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  reason text not null,
  paused_by uuid references actor,
  paused_at timestamptz not null default now()
);

create table alarm(
  id bigint generated always as identity primary key,
  kind text not null,
  subject text not null,
  detail text not null,
  raised_at timestamptz not null default now(),
  cleared_at timestamptz,
  cleared_by uuid references actor
);
create unique index one_open_alarm on alarm(kind, subject) where cleared_at is null;

create table recon_report(
  id uuid primary key default uuidv7(),
  gateway text not null check (gateway in ('wise', 'paypal', 'lob', 'printed-check')),
  payer_id int not null references payer,
  currency char(3) not null references currency,
  day date not null,
  line_count int not null default 0,
  read_at timestamptz not null default now(),
  unique (gateway, payer_id, currency, day)
);

create table recon_line(
  report_id uuid not null references recon_report,
  line_id text not null,
  gateway text not null,
  kind text not null check (kind in ('payout', 'fee', 'return', 'funding', 'other')),
  currency char(3) not null references currency,
  amount_minor bigint not null,
  occurred_at timestamptz not null,
  reference text,
  matched_attempt_id uuid references payout_attempt,
  primary key (report_id, line_id)
);
create index on recon_line(matched_attempt_id);

create table recon_break(
  id bigint generated always as identity primary key,
  gateway text not null,
  kind text not null check (kind in ('missing_at_provider', 'missing_in_ledger', 'amount_differs', 'fee_differs', 'paid_twice',
    'return_not_booked', 'unknown_outcome')),
  subject text not null,
  attempt_id uuid references payout_attempt,
  currency char(3) references currency,
  expected_minor bigint,
  found_minor bigint,
  opened_at timestamptz not null default now(),
  resolved_at timestamptz,
  resolution text
);
create unique index one_open_break on recon_break(gateway, kind, subject) where resolved_at is null;

create table audit_log(
  seq bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor_id uuid references actor,
  action text not null,
  subject text not null,
  detail jsonb not null default '{}',
  chain_seq bigint unique,
  prev_hash bytea,
  hash bytea,
  check ((chain_seq is null) = (hash is null))
);
create index on audit_log(seq) where chain_seq is null;
create index on audit_log(subject);

create function audit_hash(prev bytea, entry audit_log) returns bytea language sql immutable as $$
  select sha256(coalesce(prev, ''::bytea) || convert_to(jsonb_build_array(entry.seq, extract(epoch from entry.at),
    entry.actor_id, entry.action, entry.subject, entry.detail)::text, 'UTF8'))
$$;

-- Seals what was committed since the last time into the hash chain; called in the background, one at a time.
create function seal_audit_log(entries_max int) returns int language plpgsql security definer set search_path = public, pg_temp as $$
declare entry audit_log; prev bytea; next_chain bigint; sealed int := 0;
begin
  perform pg_advisory_xact_lock(hashtext('seal_audit_log'));
  select hash, chain_seq into prev, next_chain from audit_log where chain_seq is not null order by chain_seq desc limit 1;
  for entry in select * from audit_log where chain_seq is null order by seq limit entries_max loop
    next_chain := coalesce(next_chain, 0) + 1;
    update audit_log set chain_seq = next_chain, prev_hash = prev, hash = audit_hash(prev, entry) where seq = entry.seq
      returning hash into prev;
    sealed := sealed + 1;
  end loop;
  return sealed;
end $$;

create function guard_audit_log() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.chain_seq is null
     and (new.seq, new.at, new.actor_id, new.action, new.subject, new.detail)
         is not distinct from (old.seq, old.at, old.actor_id, old.action, old.subject, old.detail) then
    return new;
  end if;
  raise exception '% of audit_log refused: entries are facts', tg_op using errcode = 'restrict_violation';
end $$;
create trigger audit_born before insert on audit_log
  for each row when (num_nonnulls(new.chain_seq, new.prev_hash, new.hash) > 0) execute function refuse_birth('unsealed');
create trigger audit_guarded before update or delete on audit_log for each row execute function guard_audit_log();

create trigger no_truncate before truncate on audit_log for each statement execute function refuse_change();

-- A statement's lines are the provider's word; which attempt of ours a line is about, we may learn later.
create trigger word_of_provider before update of report_id, line_id, gateway, kind, currency, amount_minor, occurred_at, reference
  on recon_line for each row execute function refuse_change();
create trigger no_delete before delete on recon_line for each row execute function refuse_change();
create trigger no_truncate before truncate on recon_line for each statement execute function refuse_change();
