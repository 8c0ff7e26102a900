import { sql } from 'slonik';
import { z } from 'zod';

import type { Account, Posting } from '../../domain/books/postings.ts';
import type { UnitCode } from '../../domain/unit.ts';
import { Currency, Instant, Unit } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The code of an account with its currency: each currency has its own account. */
const accountCode = (code: string, currency: string): string => `${code}:${currency}`;

/**
 * Writes postings into the ledger, in the caller's transaction. The database refuses a posting whose kind and key are already in the
 * ledger: the caller holds a lock on the row that the posting is about.
 */
export async function postJournals(db: Database, postings: readonly Posting[]): Promise<void> {
  if (postings.length === 0) return;
  await openAccounts(db, postings);
  await db.query(sql.unsafe`
    insert into ledger_journal(kind, idempotency_key, currency, effective_at)
    select * from ${sql.unnest(
      postings.map(({ kind, key, currency, effectiveAt }) => [kind, key, currency, effectiveAt.toISOString()]),
      ['text', 'text', 'text', 'timestamptz'],
    )}`);
  const entries = postings.flatMap(({ kind, key, currency, entries: all }) =>
    all.map(({ account, minor }, index) => [
      kind,
      key,
      index + 1,
      accountCode(account.code, currency),
      currency,
      String(minor),
    ]),
  );
  await db.query(sql.unsafe`
    insert into ledger_entry(journal_id, line_no, account_id, currency, amount_minor)
    select journal.id, entry.line_no, account.id, entry.currency, entry.amount_minor
    from ${sql.unnest(entries, ['text', 'text', 'int2', 'text', 'text', 'int8'])}
      as entry(kind, idempotency_key, line_no, code, currency, amount_minor)
    join ledger_journal journal using (kind, idempotency_key)
    join ledger_account account on account.code = entry.code`);
}

async function openAccounts(db: Database, postings: readonly Pick<Posting, 'currency' | 'entries'>[]): Promise<void> {
  const accounts = new Map(
    postings.flatMap(({ currency, entries }) =>
      entries.map(({ account }) => [
        accountCode(account.code, currency),
        [accountCode(account.code, currency), currency, account.partnerId === null ? null : String(account.partnerId)],
      ]),
    ),
  );
  await db.query(sql.unsafe`
    insert into ledger_account(code, currency, partner_id, cached)
    select code, currency, partner_id, partner_id is not null
    from ${sql.unnest([...accounts.values()], ['text', 'text', 'int8'])} as wanted(code, currency, partner_id)
    where not exists (select from ledger_account known where known.code = wanted.code)
    order by code
    on conflict (code) do nothing`);
}

const HeldAccount = z.strictObject({ partnerId: z.bigint(), currency: Unit, minor: z.bigint() });

/**
 * Opens and locks accounts of partners until the transaction ends. Returns what we owe in each: below zero for a debt. Accounts of points
 * are locked before those of money.
 */
export async function lockAccounts(
  db: Database,
  wanted: readonly { readonly account: Account; readonly currency: UnitCode }[],
): Promise<readonly z.infer<typeof HeldAccount>[]> {
  await openAccounts(
    db,
    wanted.map(({ account, currency }) => ({ currency, entries: [{ account, minor: 0n }] })),
  );
  const codes = wanted.map(({ account, currency }) => accountCode(account.code, currency));
  await db.query(sql.unsafe`select lock_accounts(${sql.array(codes, 'text')})`);
  return db.any(sql.type(HeldAccount)`
    select partner_id as "partnerId", currency, credits - debits as minor from ledger_account
    where code = any(${sql.array(codes, 'text')}) and partner_id is not null`);
}

const AttemptEntry = z.strictObject({
  kind: z.string(),
  account: z.string(),
  currency: Currency,
  minor: z.bigint(),
  recordedAt: Instant,
});

/** The ledger's entries about a payout's attempts and about people's decisions on them, in the order in which they were posted. */
export const listPayoutEntries = (db: Database, payoutId: string): Promise<readonly z.infer<typeof AttemptEntry>[]> =>
  db.any(sql.type(AttemptEntry)`
    select entry.kind, entry.account, entry.currency, entry.amount_minor as "minor", entry.recorded_at as "recordedAt"
    from payout cross join lateral payout_entries(payout.id) entry
    where payout.id = ${payoutId} order by entry.journal_id, entry.line_no`);

const Balance = z.strictObject({ code: z.string(), currency: Currency, minor: z.bigint() });

/** The balances of our own accounts of money whose codes begin with a prefix. A debit balance is positive. */
export const listBalances = (db: Database, prefix: string): Promise<readonly z.infer<typeof Balance>[]> =>
  db.any(sql.type(Balance)`
    select account.code, account.currency, coalesce(sum(entry.amount_minor), 0)::bigint as minor
    from ledger_account account left join ledger_entry entry on entry.account_id = account.id
    where starts_with(account.code, ${prefix}) and not is_points(account.currency)
    group by account.id order by account.code`);
