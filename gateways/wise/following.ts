import { add, type Money } from '../../domain/money.ts';
import type { Reply } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { entryOf, reply, translate } from '../replies.ts';
import type { WiseClient, WiseTransfer } from './client.ts';
import { statementOf, transferIdOf } from './statement.ts';
import { WISE_STATUSES } from './statuses.ts';

/** Statuses that a transfer reaches only with our money. For the others, the list of its payments decides. */
const FUNDED: ReadonlySet<string> = new Set([
  'processing',
  'funds_converted',
  'outgoing_payment_sent',
  'bounced_back',
  'funds_refunded',
  'charged_back',
]);

/**
 * Whether a row of a transfer's payments took our money (docs.wise.com). The list holds completed payments, whose rows have no status. A
 * row that has one has a status of funding.
 */
const COMPLETED = 'COMPLETED';
const TAKEN: Readonly<Record<string, boolean>> = { [COMPLETED]: true, REJECTED: false };

export type FollowedTransfer = {
  transfer: WiseTransfer;
  isFunded: boolean;
  /** A payment status that this version does not know, so we cannot tell whether money was taken. Null if we can tell. */
  unknownPayment: string | null;
};

/** Reads a transfer, and whether any money was taken for it. */
export async function followTransfer(
  client: WiseClient,
  transferId: string,
  signal: AbortSignal,
): Promise<FollowedTransfer> {
  const transfer = lookedUp('Wise', await client.transfer(transferId, signal));
  if (FUNDED.has(transfer.status)) return { transfer, isFunded: true, unknownPayment: null };
  const payments = lookedUp('Wise', await client.payments(transferId, signal));
  const statuses = payments.map(({ status }) => status ?? COMPLETED);
  const isFunded = statuses.some((status) => entryOf(TAKEN, status));
  return {
    transfer,
    isFunded,
    unknownPayment: isFunded ? null : (statuses.find((status) => entryOf(TAKEN, status) === undefined) ?? null),
  };
}

export const waitsForMoney = ({ transfer, isFunded, unknownPayment }: FollowedTransfer): boolean =>
  transfer.status === 'incoming_payment_waiting' && !isFunded && unknownPayment === null;

const OPEN_CASE = 'Wise has an open question about this transfer. Answer it at Wise, or Wise may cancel the transfer.';

/** Nothing is posted, failed or funded because of a status that we do not know. */
const unknownPaymentReply = ({ id, status }: WiseTransfer, payment: string): Reply =>
  reply(null, status, {
    reference: id,
    alarm: `Wise reports the payment status "${payment}" for this transfer, which this version does not know. It is not known whether Wise took the money, and nothing is funded in the meantime. Look at the transfer at Wise, then add the status to the table.`,
    evidence: { payment },
  });

/** The details of the payment that a transfer makes. The fee comes from its quote, and `now` is the worker's time. */
type TransferPayment = { profileId: string; amount: Money; fee: Money; submittedAt: Date | null; now: Date };

/** Translates a transfer's status into a reply. Only the statement shows how much of a refund came back, so it is always read for one. */
export async function transferReply(
  client: WiseClient,
  followed: FollowedTransfer,
  payment: TransferPayment,
  signal: AbortSignal,
): Promise<Reply> {
  const current = statusReply(followed, payment);
  return current.state === 'returned' ? addRefund(client, current, followed.transfer.id, payment, signal) : current;
}

function statusReply(
  { transfer, isFunded, unknownPayment }: FollowedTransfer,
  { amount, fee }: Pick<TransferPayment, 'amount' | 'fee'>,
): Reply {
  if (unknownPayment !== null) return unknownPaymentReply(transfer, unknownPayment);
  const { state, alarm } = translate(WISE_STATUSES, 'Wise', transfer.status);
  const more = {
    reference: transfer.id,
    alarm: alarm ?? (transfer.hasActiveIssues ? OPEN_CASE : null),
    debited: isFunded ? { amount, fee } : null,
  };
  if (transfer.status === 'cancelled' && !isFunded)
    return reply('failed', transfer.status, { ...more, reason: 'cancelled' });
  if (transfer.status === 'incoming_payment_waiting' && isFunded) return reply('accepted', transfer.status, more);
  return reply(state, transfer.status, more);
}

/**
 * Completes the reply for a refunded transfer with what came back, as the balance's statement shows it. Whatever came back above the
 * amount is the fee. The money is on hold until the statement shows the refund.
 */
async function addRefund(
  client: WiseClient,
  current: Reply,
  transferId: string,
  { profileId, amount, submittedAt, now }: TransferPayment,
  signal: AbortSignal,
): Promise<Reply> {
  const statement = await statementOf(client, profileId, amount.currency, [submittedAt ?? now, now], signal);
  if (!statement)
    return {
      ...current,
      state: 'needs_person',
      alarm: 'Wise returned this transfer but does not show us its statement. Record by hand how much came back.',
    };
  const credits = statement.readable.filter((line) => line.type === 'CREDIT' && transferIdOf(line) === transferId);
  if (credits.length === 0) return { ...current, state: 'on_hold', reason: 'refund not in the statement yet' };
  const back = add(
    amount.currency,
    credits.map((line) => line.amount),
  );
  const fee = back.minor > amount.minor ? back.minor - amount.minor : 0n;
  return {
    ...current,
    returned: { amount: { ...back, minor: back.minor - fee }, fee: { ...back, minor: fee } },
    ...(back.minor < amount.minor ? { state: 'on_hold' as const, alarm: PARTIAL } : {}),
  };
}

const PARTIAL = 'Wise returned less than this transfer sent. Ask Wise for the rest, then record the outcome by hand.';
