import type { PositivePayRow } from '../../domain/checks/positive-pay.ts';
import type { Reply } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { refusedAsAWhole, reply, unclear } from '../replies.ts';
import type { CheckBank } from './client.ts';
import type { CheckProgress } from './progress.ts';

/** A check as it is filed with the bank. Whether it is issued or void is added when it is filed. */
export type CheckOnFile = Omit<PositivePayRow, 'type'>;

const CONFLICT =
  'The bank refused the second filing of this check. The check may already be printed. Find it, void it at the bank, then record the outcome by hand.';

const IN_USE =
  'The bank already had this check number on file, so our register is issuing numbers that are used elsewhere. No check was made. Find out which numbers are used, and record them as spoiled.';

/**
 * Files a check with the bank before the check exists (positive pay first). Returns the progress, or a reply that says why there is no
 * check yet. The row may be filed again, because the bank identifies a check by account and number.
 */
export async function fileAtBank(
  bank: CheckBank,
  check: CheckOnFile,
  { isRepeat, now, progress }: { isRepeat: boolean; now: Date; progress: CheckProgress },
  signal: AbortSignal,
): Promise<CheckProgress | Reply> {
  const result = await bank.file({ ...check, type: 'issue' }, signal);
  if (result.kind === 'refused') throw refusedAsAWhole('The bank', `HTTP ${result.status}`);
  if (result.kind === 'unclear') return unclear(result.evidence);
  const [refused] = result.value.rejected;
  if (refused && isRepeat) return (await deadAtBank(bank, check, signal)) ?? unexplained(refused.reason);
  if (refused) return reply('failed', 'row refused', { reason: refused.reason }); // no check was ever made
  if (!isRepeat && result.value.alreadyOnFile !== '0')
    return reply('failed', 'number in use', { reason: 'the bank has another check with this number', alarm: IN_USE });
  return { ...progress, acknowledgedAt: now.toISOString(), file: result.value.fileId };
}

export const isReply = (filed: CheckProgress | Reply): filed is Reply => 'state' in filed;

/** A refusal of the second filing says nothing about the first. */
const unexplained = (reason: string): Reply => reply('needs_person', 'row refused', { reason, alarm: CONFLICT });

/** A failed reply if the bank says that it no longer pays the check: then nobody needs to make or find it. Otherwise null. */
export async function deadAtBank(
  bank: CheckBank,
  { account, number }: CheckOnFile,
  signal: AbortSignal,
): Promise<Reply | null> {
  const { status } = lookedUp('The bank', await bank.inquire(account, number, signal));
  return status === 'void' || status === 'stopped'
    ? reply('failed', status, { reason: status, evidence: { bank: status } })
    : null;
}

/** Takes a check's number out of use at the bank. False if the bank refuses because it paid the check. Throws if it is unclear. */
export async function voidAtBank(bank: CheckBank, check: CheckOnFile, signal: AbortSignal): Promise<boolean> {
  const { rejected } = lookedUp('The bank', await bank.file({ ...check, type: 'void' }, signal));
  return rejected.length === 0;
}
