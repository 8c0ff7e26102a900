-- Up Migration

-- Double entry: a journal of entries that add up to nothing, closed when its transaction commits.

create table ledger_account(
  id bigint generated always as identity primary key,
  code text not null unique,
  currency char(3) not null references currency,
  partner_id bigint references partner,
  cached boolean not null default false,
  debits bigint not null default 0 check (debits >= 0),
  credits bigint not null default 0 check (credits >= 0),
  guarded boolean not null default false,
  unique (id, currency),
  check (not guarded or credits >= debits),
  check (cached or (debits = 0 and credits = 0))
);
comment on column ledger_account.cached is
  'Partner accounts keep their sums here. The system''s own do not: one hot row would queue every payment behind every other.';

create trigger account_born before insert on ledger_account
  for each row when (new.debits <> 0 or new.credits <> 0) execute function refuse_birth('empty');

create table ledger_journal(
  id uuid primary key default uuidv7(),
  kind text not null check (kind in ('accrual', 'send', 'debit', 'fail', 'return', 'partial_return', 'suspense')),
  idempotency_key text not null,
  currency char(3) not null references currency,
  effective_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  txid xid8 not null default pg_current_xact_id(),
  reverses_id uuid unique references ledger_journal,
  unique (kind, idempotency_key),
  unique (id, currency)
);

create table ledger_entry(
  journal_id uuid not null,
  line_no smallint not null check (line_no > 0),
  account_id bigint not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor <> 0),
  primary key (journal_id, line_no),
  foreign key (journal_id, currency) references ledger_journal(id, currency),
  foreign key (account_id, currency) references ledger_account(id, currency)
);
create index on ledger_entry(account_id);
comment on column ledger_entry.amount_minor is 'Signed: a debit is positive, a credit negative.';

create function check_journal_balances() returns trigger language plpgsql as $$
declare entries int; total numeric;
begin
  select count(*), coalesce(sum(amount_minor), 0) into entries, total from ledger_entry where journal_id = new.id;
  if entries < 2 or total <> 0 then
    raise exception 'journal % (% %) refused: % entries that sum to %', new.id, new.kind, new.idempotency_key, entries, total
      using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger journal_balances after insert on ledger_journal deferrable initially deferred
  for each row execute function check_journal_balances();

-- What is added to a journal in one statement adds up to nothing by itself, so that none is ever unbalanced, not even within a
-- transaction. A committed journal is closed; cached accounts are locked in id order and take what was added to them.
create function post_entries() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from added join ledger_journal journal on journal.id = added.journal_id
    where journal.txid is distinct from pg_current_xact_id()
  ) then
    raise exception 'entry refused: its journal is closed' using errcode = 'restrict_violation';
  end if;
  if exists (select from added group by journal_id having sum(amount_minor) <> 0) then
    raise exception 'entries refused: they do not add up to nothing' using errcode = 'check_violation';
  end if;
  perform 1 from ledger_account where cached and id in (select account_id from added) order by id for update;
  update ledger_account account set debits = account.debits + moved.debits, credits = account.credits + moved.credits
  from (
    select account_id, coalesce(sum(amount_minor) filter (where amount_minor > 0), 0)::bigint as debits,
           coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0)::bigint as credits
    from added group by account_id
  ) moved
  where account.id = moved.account_id and account.cached;
  return null;
end $$;
create trigger entries_post after insert on ledger_entry referencing new table as added
  for each statement execute function post_entries();

do $$
declare facts text;
begin
  foreach facts in array array['ledger_journal', 'ledger_entry'] loop
    execute format('create trigger facts_only before update or delete on %I for each row execute function refuse_change()', facts);
    execute format('create trigger no_truncate before truncate on %I for each statement execute function refuse_change()', facts);
  end loop;
end $$;
