import type { PositivePayRow } from '../../domain/checks/positive-pay.ts';
import { answer, refusedAsAWhole, unclear } from '../answers.ts';
import type { Answer } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import type { CheckBank } from './client.ts';
import type { CheckProgress } from './progress.ts';

/** A check as the bank is told of it; whether it was issued or is void is said with it. */
export type CheckOnFile = Omit<PositivePayRow, 'type'>;

const CONFLICT =
  'The bank refused to repeat this check. It may lie printed already: find it, void it at the bank, then say by hand what became of it.';

const IN_USE =
  'The bank knew this check before we told it: the register gives numbers out that are used elsewhere. No check was made. Find out which numbers are, and record them as spoiled.';

/**
 * Tells the bank of a check before it exists: positive pay first. Answers how far it came, or why there is no check yet. The row may
 * be repeated, since the bank knows a check by account and number.
 */
export async function tellBank(
  bank: CheckBank,
  check: CheckOnFile,
  { isRepeat, now, progress }: { isRepeat: boolean; now: Date; progress: CheckProgress },
  signal: AbortSignal,
): Promise<CheckProgress | Answer> {
  const reply = await bank.file({ ...check, type: 'issue' }, signal);
  if (reply.kind === 'refused') throw refusedAsAWhole('The bank', `HTTP ${reply.status}`);
  if (reply.kind === 'unclear') return unclear(reply.evidence);
  const [refused] = reply.value.rejected;
  if (refused && isRepeat) return (await deadAtBank(bank, check, signal)) ?? unexplained(refused.reason);
  if (refused) return answer('failed', 'row refused', { reason: refused.reason }); // it never became a check
  if (!isRepeat && reply.value.alreadyOnFile !== '0')
    return answer('failed', 'number in use', { reason: 'the bank knows another check by this number', alarm: IN_USE });
  return { ...progress, acknowledgedAt: now.toISOString(), file: reply.value.fileId };
}

export const isAnswer = (told: CheckProgress | Answer): told is Answer => 'state' in told;

/** A refused repeat says nothing about the first row. */
const unexplained = (reason: string): Answer => answer('needs_person', 'row refused', { reason, alarm: CONFLICT });

/** Failed, where the bank says that it pays the check no more: then nobody needs to make or find it. Else null. */
export async function deadAtBank(
  bank: CheckBank,
  { account, number }: CheckOnFile,
  signal: AbortSignal,
): Promise<Answer | null> {
  const { status } = lookedUp('The bank', await bank.inquire(account, number, signal));
  return status === 'void' || status === 'stopped'
    ? answer('failed', status, { reason: status, evidence: { bank: status } })
    : null;
}

/** Takes a check's number out of use at the bank. False where the bank will not: it paid the check. Throws where it is unclear. */
export async function voidAtBank(bank: CheckBank, check: CheckOnFile, signal: AbortSignal): Promise<boolean> {
  const { rejected } = lookedUp('The bank', await bank.file({ ...check, type: 'void' }, signal));
  return rejected.length === 0;
}
