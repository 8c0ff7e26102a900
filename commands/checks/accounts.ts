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

/** Takes the next number that is not spoiled; called in the transaction that writes the attempt, so none is lost. */
export async function takeCheckNumber(tx: Database, payerId: number): Promise<DrawnNumber> {
  const account = await lockCheckAccount(tx, payerId);
  if (!account)
    throw new Failure(
      'gateway_refused',
      'The payer’s check settings name no account with a register of numbers. Nothing was sent. Set them again with checkNumberNext, then resume the gateway.',
    );
  return { checkAccountId: account.id, number: await drawNumber(tx, account.id) };
}

export type SpoiledNumbers = NumberRange & { reason: string; by: string };

/**
 * Records numbers, both ends included, that no check of ours has: paper that was damaged, destroyed or lost, or numbers that were used
 * elsewhere. Throws Failure `not_found` where the payer draws no checks, and `already_exists` where one of them has an explanation.
 */
export const spoilCheckNumbers = (db: Database, payer: Payer, { from, to, reason, by }: SpoiledNumbers) =>
  db.transaction(async (tx) => {
    const account = await lockCheckAccount(tx, payer.id);
    if (!account) throw new Failure('not_found', `Nothing was recorded: payer ${payer.code} draws no checks.`);
    if (from < account.numberFirst)
      throw new Failure('invalid_input', `Nothing was recorded: the numbers begin at ${account.numberFirst}.`, {
        details: [{ field: 'from', reason: `is before ${account.numberFirst}` }],
      });
    const taken = await findTakenNumber(tx, account.id, { from, to });
    if (taken !== null)
      throw new Failure(
        'already_exists',
        `Nothing was recorded: number ${taken} is in the register. To make a check of ours worthless, stop its payment.`,
      );
    await insertSpoiledNumbers(tx, account.id, { from, to, reason, by });
    const detail = { from: String(from), to: String(to), reason };
    await addAuditEntry(tx, { actorId: by, action: 'check.spoil', subject: `payer/${payer.code}`, detail });
  });
