import { sql } from 'slonik';
import { z } from 'zod';

import { DORMANCY_YEARS_DEFAULT } from '../../domain/checks/dormancy.ts';
import { GATEWAYS } from '../../domain/rails.ts';
import type { Database } from '../database.ts';
import { payerGatewayRecord, fingerprint, unsealJson, type VaultKeys } from '../vault.ts';
import { Bytes } from '../column-types.ts';

/** The accounts that checks are drawn on. Each has one sequence of numbers, and the register explains every number. */

export type NewCheckAccount = {
  /** A name of the account that does not show its number. */
  accountRef: string;
  /** The routing and account number. Two accounts with the same one are the same account, whatever their names are. */
  accountNumber: string;
  /** The first number of a new account. The numbers of a known account continue as they are. */
  numberNext: bigint;
  dormancyYears: number | null;
};

const AccountRow = z.strictObject({ id: z.number(), payerId: z.number(), numberNext: z.bigint() });
export type CheckAccount = z.infer<typeof AccountRow>;

/** Finds the account by its number, or opens it. An account stays the same account whatever its name is. */
export async function openCheckAccount(
  db: Database,
  keys: VaultKeys,
  payerId: number,
  { accountRef, accountNumber, numberNext }: NewCheckAccount,
): Promise<CheckAccount> {
  const mark = sql.binary(fingerprint(keys, `check-account/${accountNumber}`));
  await db.query(sql.unsafe`
    update check_account set fingerprint = ${mark}
    where payer_id = ${payerId} and account_ref = ${accountRef} and fingerprint is null`);
  return db.one(sql.type(AccountRow)`
    insert into check_account(payer_id, account_ref, fingerprint, number_first, number_next, dormancy_years)
    values (${payerId}, ${accountRef}, ${mark}, ${numberNext}, ${numberNext}, ${DORMANCY_YEARS_DEFAULT})
    on conflict (fingerprint) do update set fingerprint = excluded.fingerprint
    returning id, payer_id as "payerId", number_next as "numberNext"`);
}

/** Sets the name of an account, and its dormancy clock. Null leaves the clock as it is. */
export const updateCheckAccount = (
  db: Database,
  id: number,
  { accountRef, dormancyYears }: Pick<NewCheckAccount, 'accountRef' | 'dormancyYears'>,
) =>
  db.query(sql.unsafe`
    update check_account
    set account_ref = ${accountRef}, dormancy_years = coalesce(${dormancyYears}::smallint, dormancy_years)
    where id = ${id}`);

const DrawnOnRow = z.strictObject({ id: z.number(), numberFirst: z.bigint() });

/** The account that a payer draws checks on now, locked for this transaction. Drawing and spoiling numbers wait for each other. */
export const lockCheckAccount = (db: Database, payerId: number): Promise<z.infer<typeof DrawnOnRow> | null> =>
  db.maybeOne(sql.type(DrawnOnRow)`
    select account.id, account.number_first as "numberFirst"
    from payer_gateway carrier join check_account account on account.id = carrier.check_account_id
    where carrier.payer_id = ${payerId} and carrier.method = 'check' for update of account`);

export type DrawnNumber = { checkAccountId: number; number: bigint };

/** Returns the first number that is neither drawn nor spoiled, and moves the account's next number beyond it. */
export const drawNumber = (db: Database, accountId: number): Promise<bigint> =>
  db.oneFirst(sql.type(z.object({ number: z.bigint() }))`
    update check_account account set number_next = 1 + (
      select min(free.number)
      from generate_series(account.number_next, account.number_next
        + (select count(*) from check_register
           where check_account_id = account.id and number >= account.number_next)) as free(number)
      where not exists (select from check_register taken where taken.check_account_id = account.id and taken.number = free.number))
    where id = ${accountId} returning number_next - 1 as number`);

/** Records a drawn number for its attempt. */
export const registerCheck = (tx: Database, { checkAccountId, number }: DrawnNumber, attemptId: string) =>
  tx.query(sql.unsafe`
    insert into check_register(check_account_id, number, attempt_id) values (${checkAccountId}, ${number}, ${attemptId})`);

export type NumberRange = { from: bigint; to: bigint };

/** The first number of a range, both ends included, that the register already has. Null where it has none of them. */
export const findTakenNumber = (db: Database, accountId: number, { from, to }: NumberRange): Promise<bigint | null> =>
  db.maybeOneFirst(sql.type(z.object({ number: z.bigint() }))`
    select number from check_register
    where check_account_id = ${accountId} and number between ${from} and ${to} order by number limit 1`);

/** Records that no check of ours has these numbers, with the reason. */
export const insertSpoiledNumbers = (
  db: Database,
  accountId: number,
  { from, to, reason, by }: NumberRange & { reason: string; by: string },
) =>
  db.query(sql.unsafe`
    insert into check_register(check_account_id, number, spoiled_because, recorded_by)
    select ${accountId}, number, ${reason}, ${by} from generate_series(${from}::bigint, ${to}::bigint) as number`);

const DrawingRow = z.strictObject({
  gateway: z.enum(GATEWAYS),
  sealed: Bytes,
  checkAccountId: z.number(),
  payerId: z.number(),
});

export type DrawnAccount = Awaited<ReturnType<typeof openCheckAccounts>>[number];

/**
 * The accounts that checks are drawn on now, with the settings of their payers. The vault opens the settings for one call, and nobody
 * stores them in clear.
 */
export async function openCheckAccounts(db: Database, keys: VaultKeys) {
  const rows = await db.any(sql.type(DrawingRow)`
    select check_account_id as "checkAccountId", payer_id as "payerId", gateway, sealed
    from payer_gateway where check_account_id is not null order by check_account_id`);
  return rows.map(({ sealed, payerId, ...row }) => ({
    ...row,
    settings: unsealJson(keys, payerGatewayRecord(payerId, 'check'), sealed),
  }));
}
