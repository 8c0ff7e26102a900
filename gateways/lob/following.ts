import { parseDecimal } from '../../domain/money.ts';
import { answer, translate } from '../answers.ts';
import type { CheckBank } from '../check-bank/client.ts';
import { followCheck } from '../check-bank/following.ts';
import type { Answer, Submission } from '../gateway.ts';
import type { LobCheck } from './client.ts';
import { thawLob } from './request.ts';
import { LOB_MAILED, LOB_WORDS } from './words.ts';

const asWord = (name: string): string => name.toLowerCase().replaceAll(' ', '_');

/** The furthest that Lob says: deleted, else failed, else the last scan of the post, else how far rendering is. */
function wordOf({ deleted, status, tracking_events }: LobCheck): string {
  if (deleted) return 'deleted';
  if (status === 'failed' || status === 'rejected') return status;
  const last = tracking_events?.at(-1);
  return last ? asWord(last.name) : (status ?? 'processed');
}

const NOT_OURS =
  'Lob holds a check of another amount under the key of this payment. Nothing was repeated. Compare the two before anybody pays again.';

/** What Lob says of a check, before the bank is asked. */
export function checkAnswer(check: LobCheck, { amount }: Submission): Answer {
  const word = wordOf(check);
  const reference = check.id;
  const evidence = { checkNumber: check.check_number ?? null };
  if (parseDecimal(check.amount, 'USD').minor !== amount.minor)
    return answer('needs_person', word, { reference, evidence, alarm: NOT_OURS });
  const { state, alarm } = translate(LOB_WORDS, 'Lob', word);
  return answer(state, word, { reference, alarm, evidence, reason: check.failure_reason?.code ?? null });
}

type Follow = { bank: CheckBank; now: Date; signal: AbortSignal };

/** Adds what only the bank knows: whether a mailed check cleared, bounced or was stopped. */
export async function addBankWord(
  told: Answer,
  check: LobCheck,
  submission: Submission,
  { bank, now, signal }: Follow,
): Promise<Answer> {
  if (!LOB_MAILED.has(told.word) || !check.check_number) return told;
  const { accountNumber: account } = thawLob(submission.request);
  const issuedAt = submission.submittedAt ?? now;
  const drawn = { account, number: BigInt(check.check_number), amount: submission.amount, issuedAt };
  const atBank = await followCheck(bank, drawn, { reference: check.id, now }, signal);
  return atBank.state === 'sent' ? told : { ...atBank, evidence: { ...told.evidence, ...atBank.evidence } };
}
