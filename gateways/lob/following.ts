import { parseDecimal } from '../../domain/money.ts';
import type { CheckBank } from '../check-bank/client.ts';
import { followCheck } from '../check-bank/following.ts';
import { voidAtBank } from '../check-bank/issuing.ts';
import type { Reply, Submission } from '../gateway.ts';
import { reply, translate } from '../replies.ts';
import type { LobCheck } from './client.ts';
import { thawLob } from './request.ts';
import { LOB_STATUSES } from './statuses.ts';

const asStatus = (name: string): string => name.toLowerCase().replaceAll(' ', '_');

/** The latest status that Lob reports: deleted, else failed, else the last scan in the mail, else the progress of rendering. */
function statusOf({ deleted, status, tracking_events }: LobCheck): string {
  if (deleted) return 'deleted';
  if (status === 'failed' || status === 'rejected') return status;
  const last = tracking_events?.at(-1);
  return last ? asStatus(last.name) : (status ?? 'processed');
}

const NOT_OURS =
  'Lob has a check with a different amount or number under the key of this payment. Nothing was sent again. Compare the two before anybody pays again.';

const RETURNED_MAIL = {
  kind: 'check_returned_mail',
  detail:
    'This check was returned to sender. It is not known who holds it, so it can still be cashed. Find the payee’s address and request a stop. The payout’s lines can be paid again only when the bank confirms the stop.',
} as const;

/** Lob's view of a check, before the bank is asked. */
export function checkReply(check: LobCheck, { amount, request }: Submission): Reply {
  const status = statusOf(check);
  const { number } = thawLob(request).check;
  const reference = check.id;
  const evidence = { checkNumber: check.check_number ?? null };
  if (parseDecimal(check.amount, 'USD').minor !== amount.minor || check.check_number !== String(number))
    return reply('needs_person', status, { reference, evidence, alarm: NOT_OURS });
  const { state, alarm } = translate(LOB_STATUSES, 'Lob', status);
  const task = status === 'returned_to_sender' ? RETURNED_MAIL : null;
  return reply(state, status, { reference, alarm, task, evidence, reason: check.failure_reason ?? null });
}

type Follow = { bank: CheckBank; now: Date; signal: AbortSignal };

/** Adds what only the bank knows: whether a check cleared, bounced or is dead. Lob's tracking may be late, so the bank is always asked. */
export async function addBankStatus(
  lobReply: Reply,
  submission: Submission,
  { bank, now, signal }: Follow,
): Promise<Reply> {
  const drawn = { ...thawLob(submission.request).check, issuedAt: submission.submittedAt ?? now };
  const atBank = await followCheck(bank, drawn, { reference: lobReply.reference, now }, signal);
  return atBank.state === 'sent' ? lobReply : { ...atBank, evidence: { ...lobReply.evidence, ...atBank.evidence } };
}

const NOT_VOID =
  'Lob reports that this check was not made, but the bank refuses to void its number, so the number can still be paid. Ask the bank today.';

/** Lob reports that there is no check. Its number is voided first, because a payment has failed only when the bank no longer pays it. */
export async function failAtBank(lobReply: Reply, submission: Submission, follow: Follow): Promise<Reply> {
  const { bank, signal } = follow;
  if (await voidAtBank(bank, thawLob(submission.request).check, signal))
    return { ...lobReply, evidence: { ...lobReply.evidence, bank: 'void' } };
  return addBankStatus({ ...lobReply, state: 'needs_person', alarm: NOT_VOID }, submission, follow);
}
