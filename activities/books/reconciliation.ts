import type { DatabasePool } from 'slonik';

import { type Database, expectManyRows } from '../../db/database.ts';
import {
  countBreaks,
  isDayRead,
  listLedgerSide,
  listProviderSide,
  listStatementAccounts,
  type ReportKey,
  saveBreaks,
  saveProblem,
  saveReport,
} from '../../db/books/reconciliation.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { Failure, FAILURES } from '../../domain/errors.ts';
import type { GatewayName } from '../../domain/rails.ts';
import { findBreaks, numberRepeats } from '../../domain/books/reconciliation.ts';
import { isOver, isOverdue, statementDay } from '../../domain/books/statement-day.ts';
import type { Gateways, StatementLine } from '../../gateways/gateway.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';

export type ReconciliationDeps = { db: DatabasePool; gateways: Gateways; vault: VaultKeys };

const STATEMENT_TIMEOUT_MS = 240_000;

/** An account whose statements are read. */
type StatementAccount = Awaited<ReturnType<typeof listStatementAccounts>>[number];

export const createReconciliationActivities = ({ db, gateways, vault }: ReconciliationDeps) => ({
  /**
   * Reads a gateway's own statement of one day, local to each account's zone, stores its lines, and compares them with the ledger. Leaves
   * out the accounts whose day is not over `at` that instant. Returns how many lines it read and how many breaks are open for them.
   * Another read of the same day only adds to it. An account that cannot be read does not hold up the others.
   */
  async reconcileDay(gateway: GatewayName, date: string, at?: string): Promise<{ lines: number; breaks: number }> {
    const counts = { lines: 0, breaks: 0 };
    const failures: unknown[] = [];
    const read: ReportKey[] = [];
    for (const its of await listStatementAccounts(db, vault, gateway)) {
      const day = statementDay(date, its.zone);
      if (at && !isOver(day, new Date(at))) continue;
      const key = { gateway, payerId: its.payerId, currency: its.currency, day };
      try {
        const lines = await readStatement({ db, gateways }, key, its);
        await db.transaction((tx) => save(tx, key, lines));
        counts.lines += lines.length;
        read.push(key);
      } catch (failure) {
        failures.push(failure);
        if (failure instanceof Failure) await db.transaction((tx) => saveProblem(tx, key, failure.message));
      }
    }
    // A statement may hold fees in another currency, so all are stored before any is compared.
    for (const key of read) counts.breaks += await db.transaction((tx) => compare(tx, key));
    if (failures.length > 0) throw failures[0];
    return counts;
  },
});

/** Raises an alarm for a refusal that only a person can fix, and for a day that was not read in time, because its books were not compared. */
async function readStatement(
  { db, gateways }: Pick<ReconciliationDeps, 'db' | 'gateways'>,
  key: ReportKey,
  { account, accountRef, payer }: StatementAccount,
): Promise<StatementLine[]> {
  const { gateway, currency, day } = key;
  const { from, to } = gateways[gateway].hasDatesOnly ? statementDay(day.date, 'UTC') : day;
  const unreadable: string[] = [];
  const tell = (row: string) => void unreadable.push(row);
  try {
    const signal = AbortSignal.timeout(STATEMENT_TIMEOUT_MS);
    const lines = await gateways[gateway].statement(account, currency, from, to, signal, tell);
    if (unreadable.length > 0) await notifyOfUnreadable(db, gateway, day.date, unreadable);
    return lines;
  } catch (error) {
    if (error instanceof Failure && (!FAILURES[error.code].retryable || (await isLate(db, key))))
      await db.transaction((tx) =>
        raiseAlarm(
          tx,
          'statement_not_read',
          `gateway/${gateway}`,
          `The statement of ${day.date} in ${currency} of the account ${accountRef} of payer ${payer} could not be read, so this day was not compared with the books. ${error.message}`,
        ),
      );
    throw error;
  }
}

/** How many rows an alarm names. */
const NAMED_MAX = 10;

/** Raises an alarm for the rows of a statement that could not be read. The others were compared with the ledger. */
const notifyOfUnreadable = (db: DatabasePool, gateway: GatewayName, day: string, rows: readonly string[]) =>
  db.transaction((tx) =>
    raiseAlarm(
      tx,
      'rows_not_read',
      `gateway/${gateway}/${day}`,
      `${rows.length} rows of ${gateway}'s statement of ${day} are not as documented and were left out: ${rows.slice(0, NAMED_MAX).join(', ')}. All other rows were compared. Look at these rows at ${gateway}.`,
    ),
  );

/** Whether a day is still unread after the night that follows the night on which it should have been read. */
const isLate = async (db: DatabasePool, { gateway, day }: ReportKey): Promise<boolean> =>
  isOverdue(day, new Date()) && !(await isDayRead(db, gateway, day.date));

const save = async (tx: Database, key: ReportKey, lines: readonly StatementLine[]): Promise<void> => {
  await expectManyRows(tx);
  await saveReport(
    tx,
    key,
    numberRepeats(lines).map((line) => ({ ...line, minor: line.amount.minor, currency: line.amount.currency })),
  );
};

/** Compares a statement's stored lines with the ledger. Returns how many breaks are open for them. */
async function compare(tx: Database, key: ReportKey): Promise<number> {
  const ledger = await listLedgerSide(tx, key);
  const provider = await listProviderSide(
    tx,
    key,
    ledger.map(({ attemptId }) => attemptId),
  );
  const subjects = [
    ...ledger.map(({ attemptId }) => `attempt/${attemptId}`),
    ...provider.map(({ lineId }) => `line/${lineId}`),
  ];
  const found = await saveBreaks(tx, key, subjects, findBreaks(ledger, provider));
  await countBreaks(tx, key, found);
  return found;
}
