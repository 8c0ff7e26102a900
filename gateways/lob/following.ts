import { parseDecimal } from '../../domain/money.ts';
import { answer, translate } from '../answers.ts';
import type { CheckBank } from '../check-bank/client.ts';
import { followCheck } from '../check-bank/following.ts';
import { voidAtBank } from '../check-bank/issuing.ts';
import type { Answer, Submission } from '../gateway.ts';
import type { LobCheck } from './client.ts';
import { thawLob } from './request.ts';
import { LOB_WORDS } from './words.ts';

const asWord = (name: string): string => name.toLowerCase().replaceAll(' ', '_');

/** The furthest that Lob says: deleted, else failed, else the last scan of the post, else how far rendering is. */
function wordOf({ deleted, status, tracking_events }: LobCheck): string {
  if (deleted) return 'deleted';
  if (status === 'failed' || status === 'rejected') return status;
  const last = tracking_events?.at(-1);
  return last ? asWord(last.name) : (status ?? 'processed');
}

const NOT_OURS =
  'Lob holds a check of another amount or number under the key of this payment. Nothing was repeated. Compare the two before anybody pays again.';

const RETURNED_MAIL = {
  kind: 'check_returned_mail',
  detail:
    'The post returned this check to its sender. Nobody knows who holds it, so it can still be cashed. Find the payee’s address, and ask for a stop: the payout’s lines are free when the bank confirms it, and not before.',
} as const;

/** What Lob says of a check, before the bank is asked. */
export function checkAnswer(check: LobCheck, { amount, request }: Submission): Answer {
  const word = wordOf(check);
  const { number } = thawLob(request).check;
  const reference = check.id;
  const evidence = { checkNumber: check.check_number ?? null };
  if (parseDecimal(check.amount, 'USD').minor !== amount.minor || check.check_number !== String(number))
    return answer('needs_person', word, { reference, evidence, alarm: NOT_OURS });
  const { state, alarm } = translate(LOB_WORDS, 'Lob', word);
  const task = word === 'returned_to_sender' ? RETURNED_MAIL : null;
  return answer(state, word, { reference, alarm, task, evidence, reason: check.failure_reason?.code ?? null });
}

type Follow = { bank: CheckBank; now: Date; signal: AbortSignal };

/** Adds what only the bank knows: whether a check cleared, bounced, or is dead. Lob may be behind with the mail, so it is always asked. */
export async function addBankWord(
  told: Answer,
  submission: Submission,
  { bank, now, signal }: Follow,
): Promise<Answer> {
  const drawn = { ...thawLob(submission.request).check, issuedAt: submission.submittedAt ?? now };
  const atBank = await followCheck(bank, drawn, { reference: told.reference, now }, signal);
  return atBank.state === 'sent' ? told : { ...atBank, evidence: { ...told.evidence, ...atBank.evidence } };
}

const NOT_VOID =
  'Lob says that this check was not made, and the bank refuses to void its number. It can still be paid. Ask the bank today.';

/** Lob says that the check is none. Its number is voided first: only what the bank pays no more has failed. */
export async function failAtBank(told: Answer, submission: Submission, follow: Follow): Promise<Answer> {
  const { bank, signal } = follow;
  if (await voidAtBank(bank, thawLob(submission.request).check, signal))
    return { ...told, evidence: { ...told.evidence, bank: 'void' } };
  return addBankWord({ ...told, state: 'needs_person', alarm: NOT_VOID }, submission, follow);
}
