import { sql } from 'slonik';
import { z } from 'zod';

import { DORMANCY_YEARS_DEFAULT } from '../../domain/checks/dormancy.ts';
import { Failure } from '../../domain/errors.ts';
import { GATEWAYS } from '../../domain/rails.ts';
import { addAuditEntry } from '../people/audit.ts';
import type { Database } from '../database.ts';
import type { Payer } from '../payers/payers.ts';
import { payerGatewayRecord, fingerprint, openJson, type VaultKeys } from '../vault.ts';
import { Bytes } from '../column-types.ts';

/** The accounts that checks are drawn on. Each has one sequence of numbers, and the register says of every one what it is. */

export type NewCheckAccount = {
  /** A name of the account that shows no number of it. */
  accountRef: string;
  /** What makes two of them the same account, whatever they are called. */
  accountNumber: string;
  /** Where its numbers begin; of an account that is known they go on as they are. */
  numberNext: bigint;
  dormancyYears: number | null;
};

const AccountRow = z.strictObject({ id: z.number(), payer_id: z.number(), number_next: z.bigint() });

/**
 * Finds or opens the account, and returns its id. Throws Failure `already_exists` where it is another payer's, and `invalid_input`
 * where its numbers would leap: those in between need an explanation first.
 */
export async function setCheckAccount(tx: Database, keys: VaultKeys, payer: Payer, account: NewCheckAccount) {
  const mark = sql.binary(fingerprint(keys, `check-account/${account.accountNumber}`));
  await tx.query(sql.unsafe`
    update check_account set fingerprint = ${mark}
    where payer_id = ${payer.id} and account_ref = ${account.accountRef} and fingerprint is null`);
  const { id, payer_id, number_next } = await tx.one(sql.type(AccountRow)`
    insert into check_account(payer_id, account_ref, fingerprint, number_first, number_next, dormancy_years)
    values (${payer.id}, ${account.accountRef}, ${mark}, ${account.numberNext}, ${account.numberNext}, ${DORMANCY_YEARS_DEFAULT})
    on conflict (fingerprint) do update set fingerprint = excluded.fingerprint
    returning id, payer_id, number_next`);
  if (payer_id !== payer.id)
    throw new Failure('already_exists', 'Nothing was changed: these checks are drawn on an account of another payer.');
  if (account.numberNext > number_next) throw leap(number_next, account.numberNext);
  await tx.query(sql.unsafe`
    update check_account set account_ref = ${account.accountRef}, dormancy_years = coalesce(${account.dormancyYears}::smallint, dormancy_years)
    where id = ${id}`);
  return id;
}

function leap(next: bigint, wanted: bigint): Failure {
  const reason = `is ${wanted}, and the account's next number is ${next}`;
  return new Failure(
    'invalid_input',
    `Nothing was changed: the numbers from ${next} to ${wanted - 1n} would be left without an explanation. Record them as spoiled, with the reason, and the next check takes number ${wanted} by itself.`,
    { details: [{ field: 'checkNumberNext', reason }] },
  );
}

/** The account that a payer draws checks on now, kept for this transaction: who takes numbers waits for who spoils some. */
const lockAccount = (db: Database, payerId: number) =>
  db.maybeOne(sql.type(z.strictObject({ id: z.number(), number_first: z.bigint() }))`
    select account.id, account.number_first
    from payer_gateway carrier join check_account account on account.id = carrier.check_account_id
    where carrier.payer_id = ${payerId} and carrier.method = 'check' for update of account`);

export type DrawnNumber = { checkAccountId: number; number: bigint };

/** Takes the next number that is not spoiled; called in the transaction that writes the attempt, so none is lost. */
export async function takeCheckNumber(tx: Database, payerId: number): Promise<DrawnNumber> {
  const account = await lockAccount(tx, payerId);
  if (!account)
    throw new Failure(
      'gateway_refused',
      'The payer’s check settings name no account with a register of numbers. Nothing was sent. Set them again with checkNumberNext, then resume the gateway.',
    );
  const number = await tx.oneFirst(sql.type(z.object({ number: z.bigint() }))`
    update check_account account set number_next = 1 + (
      select min(free.number)
      from generate_series(account.number_next, account.number_next
        + (select count(*) from check_register where check_account_id = account.id and number >= account.number_next)) as free(number)
      where not exists (select from check_register taken where taken.check_account_id = account.id and taken.number = free.number))
    where id = ${account.id} returning number_next - 1 as number`);
  return { checkAccountId: account.id, number };
}

/** Writes a drawn number down for its attempt. */
export const registerCheck = (tx: Database, { checkAccountId, number }: DrawnNumber, attemptId: string) =>
  tx.query(sql.unsafe`
    insert into check_register(check_account_id, number, attempt_id) values (${checkAccountId}, ${number}, ${attemptId})`);

export type SpoiledNumbers = { from: bigint; to: bigint; reason: string; by: string };

/**
 * Records numbers, both ends included, that no check of ours has: paper that was damaged, destroyed or lost, or numbers that were used
 * elsewhere. Throws Failure `not_found` where the payer draws no checks, and `already_exists` where one of them has an explanation.
 */
export const spoilCheckNumbers = (db: Database, payer: Payer, { from, to, reason, by }: SpoiledNumbers) =>
  db.transaction(async (tx) => {
    const account = await lockAccount(tx, payer.id);
    if (!account) throw new Failure('not_found', `Nothing was recorded: payer ${payer.code} draws no checks.`);
    if (from < account.number_first)
      throw new Failure('invalid_input', `Nothing was recorded: the numbers begin at ${account.number_first}.`, {
        details: [{ field: 'from', reason: `is before ${account.number_first}` }],
      });
    const taken = await tx.maybeOneFirst(sql.type(z.object({ number: z.bigint() }))`
      select number from check_register where check_account_id = ${account.id} and number between ${from} and ${to} order by number limit 1`);
    if (taken !== null)
      throw new Failure(
        'already_exists',
        `Nothing was recorded: number ${taken} is in the register. To make a check of ours worthless, stop its payment.`,
      );
    await tx.query(sql.unsafe`
      insert into check_register(check_account_id, number, spoiled_because, recorded_by)
      select ${account.id}, number, ${reason}, ${by} from generate_series(${from}::bigint, ${to}::bigint) as number`);
    const detail = { from: String(from), to: String(to), reason };
    await addAuditEntry(tx, { actorId: by, action: 'check.spoil', subject: `payer/${payer.code}`, detail });
  });

const DrawingRow = z.strictObject({
  gateway: z.enum(GATEWAYS),
  sealed: Bytes,
  checkAccountId: z.number(),
  payerId: z.number(),
});

export type DrawnAccount = Awaited<ReturnType<typeof openCheckAccounts>>[number];

/** The accounts that checks are drawn on now, with the settings of who draws them, opened for one call and never stored in clear. */
export async function openCheckAccounts(db: Database, keys: VaultKeys) {
  const rows = await db.any(sql.type(DrawingRow)`
    select check_account_id as "checkAccountId", payer_id as "payerId", gateway,
      sealed from payer_gateway where check_account_id is not null order by check_account_id`);
  return rows.map(({ sealed, payerId, ...row }) => ({
    ...row,
    settings: openJson(keys, payerGatewayRecord(payerId, 'check'), sealed),
  }));
}
