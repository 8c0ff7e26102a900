import { DAY_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import type { PositivePayRow } from '../../domain/checks/positive-pay.ts';
import type { Reply } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { refusedAsAWhole, reply, unclear, undecidable } from '../replies.ts';
import type { CheckBank } from './client.ts';
import type { CheckProgress } from './progress.ts';

/** A check as it is filed with the bank. Whether it is issued or void is added when it is filed. */
export type CheckOnFile = Omit<PositivePayRow, 'type'>;

const CONFLICT =
  'The bank refused the second filing of this check. The check may already be printed. Find it, void it at the bank, then record the outcome by hand.';

const IN_USE =
  'The bank already had this check number on file, so our register is issuing numbers that are used elsewhere. No check was made. Find out which numbers are used, and record them as spoiled.';

/** After this long, a row to which the bank gave no answer is no longer filed again, and people find out what the bank did. */
const REPEAT_WINDOW_MS = 7 * DAY_MS;

const TOO_LATE =
  'The bank has not said for a week whether it took this check, and it was never printed. Nothing is filed again. Ask the bank to void the number, then propose the outcome with evidence.';

/** The bank's register alone can still tell that the check was never filed, or that it is dead. */
async function tooLate(bank: CheckBank, check: CheckOnFile, signal: AbortSignal): Promise<Reply> {
  const asked = undecidable('never answered', TOO_LATE);
  try {
    const status = await statusAtBank(bank, check, signal);
    return status === null ? neverFiled('the bank never took it') : (deadReply(status) ?? asked);
  } catch (error) {
    if (error instanceof Failure && error.code !== 'gateway_refused') return asked;
    throw error;
  }
}

type Filing = {
  /** Whether an earlier caller may have filed the check. */
  isResumed: boolean;
  now: Date;
  submittedAt: Date | null;
  progress: CheckProgress;
  /** Stores the progress. It is committed before the next call is made. */
  keep: (progress: CheckProgress) => Promise<void>;
};

/**
 * Files a check with the bank before the check exists (positive pay first). Returns the progress, or a reply that says why there is no
 * check yet. The row may be filed again, because the bank identifies a check by account and number. A call that the bank certainly did
 * not process is noted, so that its reply to the next one counts as the first.
 */
export async function fileAtBank(
  bank: CheckBank,
  check: CheckOnFile,
  { isResumed, now, submittedAt, progress, keep }: Filing,
  signal: AbortSignal,
): Promise<CheckProgress | Reply> {
  const isRepeat = isResumed && !progress.isUntouched;
  if (isRepeat && now.getTime() - (submittedAt ?? now).getTime() > REPEAT_WINDOW_MS)
    return tooLate(bank, check, signal);
  if (progress.isUntouched) await keep({ ...progress, isUntouched: false });
  try {
    const filed = await file(bank, check, isRepeat, signal);
    return isReply(filed) ? filed : { ...progress, isUntouched: false, acknowledgedAt: now.toISOString(), ...filed };
  } catch (failure) {
    if (!isRepeat && !signal.aborted) await keep({ ...progress, isUntouched: true });
    throw failure;
  }
}

async function file(
  bank: CheckBank,
  check: CheckOnFile,
  isRepeat: boolean,
  signal: AbortSignal,
): Promise<Pick<CheckProgress, 'file'> | Reply> {
  const result = await bank.file({ ...check, type: 'issue' }, signal);
  if (result.kind === 'refused') throw refusedAsAWhole('The bank', `HTTP ${result.status}`);
  if (result.kind === 'unclear') return unclear(result.evidence);
  const [refused] = result.value.rejected;
  if (refused) return isRepeat ? ofSecondRefusal(bank, check, refused.reason, signal) : neverFiled(refused.reason);
  if (!isRepeat && result.value.alreadyOnFile !== '0')
    return reply('failed', 'number in use', { reason: 'the bank has another check with this number', alarm: IN_USE });
  return { file: result.value.fileId };
}

export const isReply = (filed: object): filed is Reply => 'state' in filed;

/** The bank refused the row, so no check was ever made. */
const neverFiled = (reason: string): Reply => reply('failed', 'row refused', { reason });

/** A refusal of the second filing says nothing about the first. Only the bank's own register does. */
async function ofSecondRefusal(bank: CheckBank, check: CheckOnFile, reason: string, signal: AbortSignal) {
  const status = await statusAtBank(bank, check, signal);
  if (status === null) return neverFiled(reason); // the bank knows no such check, so it never took the row
  return deadReply(status) ?? reply('needs_person', 'row refused', { reason, alarm: CONFLICT });
}

/** The bank's status of a check. Null if the bank knows no such check. */
export async function statusAtBank(
  bank: CheckBank,
  { account, number }: Pick<CheckOnFile, 'account' | 'number'>,
  signal: AbortSignal,
): Promise<string | null> {
  const result = await bank.inquire(account, number, signal);
  if (result.kind === 'refused' && result.status === 404) return null;
  return lookedUp('The bank', result).status;
}

/** A failed reply if the bank no longer pays a check with this status. Otherwise null. */
const deadReply = (status: string | null): Reply | null =>
  status === 'void' || status === 'stopped'
    ? reply('failed', status, { reason: status, evidence: { bank: status } })
    : null;

/** A failed reply if the bank says that it no longer pays the check: then nobody needs to make or find it. Otherwise null. */
export const deadAtBank = async (bank: CheckBank, check: CheckOnFile, signal: AbortSignal): Promise<Reply | null> =>
  deadReply(await statusAtBank(bank, check, signal));

/** Takes a check's number out of use at the bank. False if the bank refuses because it paid the check. Throws if it is unclear. */
export async function voidAtBank(bank: CheckBank, check: CheckOnFile, signal: AbortSignal): Promise<boolean> {
  const { rejected } = lookedUp('The bank', await bank.file({ ...check, type: 'void' }, signal));
  return rejected.length === 0;
}
