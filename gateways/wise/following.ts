import { add, type Money } from '../../domain/money.ts';
import { answer, translate } from '../answers.ts';
import type { Answer } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import type { WiseClient, WiseTransfer } from './client.ts';
import { statementOf, transferIdOf } from './statement.ts';
import { WISE_WORDS } from './words.ts';

/** States that a transfer reaches only with our money. For the others the list of its payments decides. */
const FUNDED: ReadonlySet<string> = new Set([
  'processing',
  'funds_converted',
  'outgoing_payment_sent',
  'bounced_back',
  'funds_refunded',
  'charged_back',
]);

/** Payments of a transfer (docs.wise.com, fund a transfer): whether one took our money. */
const TAKEN: Readonly<Record<string, boolean>> = { COMPLETED: true, REJECTED: false };

export type FollowedTransfer = {
  transfer: WiseTransfer;
  isFunded: boolean;
  /** The word of a payment that nobody knows: whether money was taken cannot be told. Null where it can. */
  oddPayment: string | null;
};

/** Reads a transfer, and whether money was ever taken for it. */
export async function followTransfer(
  client: WiseClient,
  transferId: string,
  signal: AbortSignal,
): Promise<FollowedTransfer> {
  const transfer = lookedUp('Wise', await client.transfer(transferId, signal));
  if (FUNDED.has(transfer.status)) return { transfer, isFunded: true, oddPayment: null };
  const payments = lookedUp('Wise', await client.payments(transferId, signal));
  const words = payments.map(({ status }) => status ?? 'no status');
  const isFunded = words.some((word) => Object.hasOwn(TAKEN, word) && TAKEN[word]);
  return {
    transfer,
    isFunded,
    oddPayment: isFunded ? null : (words.find((word) => !Object.hasOwn(TAKEN, word)) ?? null),
  };
}

export const waitsForMoney = ({ transfer, isFunded, oddPayment }: FollowedTransfer): boolean =>
  transfer.status === 'incoming_payment_waiting' && !isFunded && oddPayment === null;

const OPEN_CASE = 'Wise has an open question about this transfer. Answer it at Wise, or the transfer may be cancelled.';

/** Nothing is posted, failed or funded on the strength of a word that nobody knows. */
const oddPaymentAnswer = ({ id, status }: WiseTransfer, payment: string): Answer =>
  answer(null, status, {
    reference: id,
    alarm: `Wise says "${payment}" of this transfer's payment, a word this version does not know. Whether money was taken is open, and nothing is funded meanwhile: read it at Wise, then add the word to the table.`,
    evidence: { payment },
  });

/** What is known here of the payment that a transfer makes: the fee is what its quote said, and `now` the worker's time. */
type TransferPayment = { profileId: string; amount: Money; fee: Money; submittedAt: Date | null; now: Date };

/** What a transfer says of the payment. Of a refund only the statement knows how much came back, whoever hears of it first. */
export async function transferAnswer(
  client: WiseClient,
  followed: FollowedTransfer,
  payment: TransferPayment,
  signal: AbortSignal,
): Promise<Answer> {
  const told = wordAnswer(followed, payment);
  return told.state === 'returned' ? addRefund(client, told, followed.transfer.id, payment, signal) : told;
}

function wordAnswer(
  { transfer, isFunded, oddPayment }: FollowedTransfer,
  { amount, fee }: Pick<TransferPayment, 'amount' | 'fee'>,
): Answer {
  if (oddPayment !== null) return oddPaymentAnswer(transfer, oddPayment);
  const { state, alarm } = translate(WISE_WORDS, 'Wise', transfer.status);
  const more = {
    reference: transfer.id,
    alarm: alarm ?? (transfer.hasActiveIssues ? OPEN_CASE : null),
    debited: isFunded ? { amount, fee } : null,
  };
  if (transfer.status === 'cancelled' && !isFunded)
    return answer('failed', transfer.status, { ...more, reason: 'cancelled' });
  if (transfer.status === 'incoming_payment_waiting' && isFunded) return answer('accepted', transfer.status, more);
  return answer(state, transfer.status, more);
}

/**
 * Completes the answer for a refunded transfer with what came back, as the balance's statement shows it; the fee is what
 * came back above the amount. Until the statement shows it the money is on hold.
 */
async function addRefund(
  client: WiseClient,
  told: Answer,
  transferId: string,
  { profileId, amount, submittedAt, now }: TransferPayment,
  signal: AbortSignal,
): Promise<Answer> {
  const lines = await statementOf(client, profileId, amount.currency, [submittedAt ?? now, now], signal);
  if (!lines)
    return {
      ...told,
      state: 'needs_person',
      alarm: 'Wise returned this transfer but does not show us its statement. Say by hand how much came back.',
    };
  const credits = lines.filter((line) => line.type === 'CREDIT' && transferIdOf(line) === transferId);
  if (credits.length === 0) return { ...told, state: 'on_hold', reason: 'refund not in the statement yet' };
  const back = add(
    amount.currency,
    credits.map((line) => line.amount),
  );
  const fee = back.minor > amount.minor ? back.minor - amount.minor : 0n;
  return {
    ...told,
    returned: { amount: { ...back, minor: back.minor - fee }, fee: { ...back, minor: fee } },
    ...(back.minor < amount.minor ? { state: 'on_hold' as const, alarm: PARTIAL } : {}),
  };
}

const PARTIAL =
  'Wise returned less than this transfer sent. Ask Wise for the rest, then say by hand what became of it.';
