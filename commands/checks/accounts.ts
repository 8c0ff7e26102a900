import {
  drawNumber,
  type DrawnNumber,
  findTakenNumber,
  insertSpoiledNumbers,
  lockCheckAccount,
  type NumberRange,
} from '../../db/checks/accounts.ts';
import type { Database } from '../../db/database.ts';
import type { Payer } from '../../db/payers/payers.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { Failure } from '../../domain/errors.ts';

/** Takes the next number that is not spoiled. The transaction that writes the attempt calls this, so that no number is lost. */
export async function takeCheckNumber(tx: Database, payerId: number): Promise<DrawnNumber> {
  const account = await lockCheckAccount(tx, payerId);
  if (!account)
    throw new Failure(
      'gateway_refused',
      'The payer’s check settings name no account with a register of numbers. Nothing was sent. Set them again with checkNumberNext, and resume the gateway.',
    );
  return { checkAccountId: account.id, number: await drawNumber(tx, account.id) };
}

export type SpoiledNumbers = NumberRange & { reason: string; by: string };

/**
 * Records numbers, both ends included, that no check of ours has: the paper was damaged, destroyed or lost, or the numbers were used
 * elsewhere. Throws Failure `not_found` where the payer draws no checks, and `already_exists` where the register explains one of them.
 */
export const spoilCheckNumbers = (db: Database, payer: Payer, { from, to, reason, by }: SpoiledNumbers) =>
  db.transaction(async (tx) => {
    const account = await lockCheckAccount(tx, payer.id);
    if (!account) throw new Failure('not_found', `Payer ${payer.code} draws no checks. Nothing was recorded.`);
    if (from < account.numberFirst)
      throw new Failure(
        'invalid_input',
        `The numbers of this account begin at ${account.numberFirst}. Nothing was recorded.`,
        { details: [{ field: 'from', reason: `is less than ${account.numberFirst}` }] },
      );
    const taken = await findTakenNumber(tx, account.id, { from, to });
    if (taken !== null)
      throw new Failure(
        'already_exists',
        `Number ${taken} is in the register already. Nothing was recorded. To make a check of ours worthless, stop its payment.`,
      );
    await insertSpoiledNumbers(tx, account.id, { from, to, reason, by });
    const detail = { from: String(from), to: String(to), reason };
    await addAuditEntry(tx, { actorId: by, action: 'check.spoil', subject: `payer/${payer.code}`, detail });
  });
