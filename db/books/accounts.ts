import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { Count, Instant, Unit } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The ledger as finance reads it: accounts with their balances, the entries of one, and whole journals. A debit is positive. */

const AccountRow = z.strictObject({
  code: z.string(),
  currency: Unit,
  partner: z.string().nullable(),
  minor: z.bigint(),
});
export type LedgerAccount = z.infer<typeof AccountRow>;

/** Our own accounts with their balances. */
export const listOwnAccounts = (db: Database): Promise<readonly LedgerAccount[]> =>
  db.any(sql.type(AccountRow)`
    select account.code, account.currency, null as partner,
      (select coalesce(sum(amount_minor), 0)::bigint from ledger_entry entry where entry.account_id = account.id) as minor
    from ledger_account account where account.partner_id is null order by account.currency, account.code`);

const TotalRow = z.strictObject({ currency: Unit, accounts: Count, minor: z.bigint(), owingMinor: z.bigint() });
export type PartnerAccounts = z.infer<typeof TotalRow>;

/** The accounts of all partners by currency: their balance, and the part of it that partners owe us. */
export const sumPartnerAccounts = (db: Database): Promise<readonly PartnerAccounts[]> =>
  db.any(sql.type(TotalRow)`
    select currency, count(*) as accounts, sum(debits - credits)::bigint as minor,
      coalesce(sum(debits - credits) filter (where debits > credits), 0)::bigint as "owingMinor"
    from ledger_account where partner_id is not null group by currency order by currency`);

/** The accounts of a partner. */
export const listPartnerAccounts = (db: Database, partner: string): Promise<readonly LedgerAccount[]> =>
  db.any(sql.type(AccountRow)`
    select account.code, account.currency, partner.code as partner, account.debits - account.credits as minor
    from partner join ledger_account account on account.partner_id = partner.id
    where partner.code = ${partner} order by account.currency, account.code`);

/** An account of the ledger with its balance. Throws Failure `not_found`. */
export async function getAccount(db: Database, code: string): Promise<LedgerAccount> {
  const account = await db.maybeOne(sql.type(AccountRow)`
    select account.code, account.currency, partner.code as partner,
      case when account.cached then account.debits - account.credits
        else (select coalesce(sum(amount_minor), 0)::bigint from ledger_entry entry where entry.account_id = account.id) end as minor
    from ledger_account account left join partner on partner.id = account.partner_id where account.code = ${code}`);
  if (!account) throw new Failure('not_found', `There is no account ${code}.`);
  return account;
}

const EntryRow = z.strictObject({
  journalId: z.string(),
  lineNo: z.number(),
  kind: z.string(),
  key: z.string(),
  account: z.string(),
  partner: z.string().nullable(),
  currency: Unit,
  minor: z.bigint(),
  effectiveAt: Instant,
  recordedAt: Instant,
});
export type LedgerEntry = z.infer<typeof EntryRow>;
export type EntryPlace = { journalId: string; lineNo: number };

const entryColumns = sql.fragment`
  journal.id as "journalId", entry.line_no as "lineNo", journal.kind, journal.idempotency_key as key, account.code as account,
    partner.code as partner, entry.currency, entry.amount_minor as minor, journal.effective_at as "effectiveAt",
    journal.recorded_at as "recordedAt"`;

/** The entries of an account, the newest first, after a cursor. */
export const listAccountEntries = (
  db: Database,
  code: string,
  before: EntryPlace | null,
  limit: number,
): Promise<readonly LedgerEntry[]> =>
  db.any(sql.type(EntryRow)`
    select ${entryColumns}
    from ledger_account account left join partner on partner.id = account.partner_id
    cross join lateral (
      select * from ledger_entry entry
      where entry.account_id = account.id and (entry.journal_id, entry.line_no)
        < (coalesce(${before?.journalId ?? null}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), ${before?.lineNo ?? 0}::int2)
      order by entry.journal_id desc, entry.line_no desc limit ${limit}
    ) entry join ledger_journal journal on journal.id = entry.journal_id
    where account.code = ${code} order by entry.journal_id desc, entry.line_no desc`);

/** Every entry of a journal. */
export const listJournalEntries = (db: Database, id: string): Promise<readonly LedgerEntry[]> =>
  db.any(sql.type(EntryRow)`
    select ${entryColumns}
    from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id
    join ledger_account account on account.id = entry.account_id left join partner on partner.id = account.partner_id
    where journal.id = ${id} order by entry.line_no`);

const CauseRow = z.strictObject({ kind: z.enum(['payout', 'correction', 'conversion', 'program']), name: z.string() });
export type JournalCause = z.infer<typeof CauseRow>;

/** The thing that a journal is about, which its key begins with. Null for a journal that people wrote into the database. */
export const findJournalCause = (db: Database, key: string): Promise<JournalCause | null> =>
  db.maybeOne(sql.type(CauseRow)`
    with about as (select split_part(${key}, '/', 1) as id), wanted as (
      select id, case when id ~ '^[0-9a-f]{8}-' then id::uuid end as uuid, case when id ~ '^[0-9]{1,18}$' then id::bigint end as number from about
    )
    select 'payout' as kind, attempt.payout_id::text as name from wanted join payout_attempt attempt on attempt.id = wanted.uuid
    union all
    select 'payout', resolution.payout_id::text from wanted join resolution on resolution.id = wanted.uuid
    union all
    select 'correction', correction.id::text from wanted join correction on correction.id = wanted.uuid
    union all
    select 'conversion', conversion.id::text from wanted join conversion on conversion.id = wanted.uuid
    union all
    select 'program', program.code from wanted join accrual_batch batch on batch.id = wanted.number
    join program on program.id = batch.program_id
    limit 1`);

const EarnedRow = z.strictObject({
  source: z.string(),
  eventId: z.string(),
  partner: z.string(),
  incentive: z.string(),
  currency: Unit,
  minor: z.bigint(),
});
export type BookedEarning = z.infer<typeof EarnedRow>;

/** The first earnings that a batch of accrual booked with a journal, each with its event. */
export const listBookedEarnings = (
  db: Database,
  journalId: string,
  batchId: bigint,
  limit: number,
): Promise<readonly BookedEarning[]> =>
  db.any(sql.type(EarnedRow)`
    select event.source, event.source_id as "eventId", partner.code as partner, earning.incentive_id as incentive, earning.currency,
      earning.amount_minor as minor
    from ledger_entry entry join ledger_account account on account.id = entry.account_id
    join partner on partner.id = account.partner_id
    join accrual_batch batch on batch.id = ${batchId}
    join earning_line line on line.partner_id = account.partner_id and line.program_id = batch.program_id
      and line.currency = entry.currency and line.batch_id = batch.id
    join earning on earning.earning_line_id = line.id join event on event.id = earning.event_id
    where entry.journal_id = ${journalId} limit ${limit}`);
