import type { DatabasePool } from 'slonik';

import { isMailed } from '../../db/checks/mailings.ts';
import { postJournals } from '../../db/books/ledger.ts';
import type { Database } from '../../db/database.ts';
import { type Attempt, findLiveAttempt, updateAttempt } from '../../db/payouts/attempts.ts';
import { findWebhookReason } from '../../db/payouts/inbox.ts';
import { lockPayout, type Payout, updatePayout } from '../../db/payouts/payouts.ts';
import { sumDecidedParts } from '../../db/payouts/resolutions.ts';
import {
  debitPosting,
  failPosting,
  foreignFeePosting,
  type Paid,
  partialReturnPosting,
  returnPosting,
} from '../../domain/books/postings.ts';
import type { Money } from '../../domain/money.ts';
import type { ReturnWindows } from '../../domain/payouts/attempt.ts';
import { type Consequences, consequencesOf, stateByTime } from '../../domain/payouts/settlement.ts';
import type { Reply } from '../../gateways/gateway.ts';
import { overtakePeople, recordTooLate } from './contradictions.ts';
import { markInstrument } from './instrument-failures.ts';
import { type Locked, notify } from './notify.ts';

export type ReplyDeps = {
  db: DatabasePool;
  returnWindows: ReturnWindows;
};

/** The facts about a payout's attempt that its postings need. */
export const paidBy = (payout: Payout, attempt: Attempt): Paid => ({
  attemptId: attempt.id,
  gateway: attempt.gateway,
  partnerId: payout.partnerId,
  currency: payout.currency,
  gross: payout.gross,
  withheld: payout.withheld,
  fee: payout.fee,
  net: payout.net,
});

/**
 * Applies a provider's reply, under locks and in one transaction: state, journals, lines, notices, tasks. A reply that comes after another
 * caller took over is dropped: that caller asks about the same payment.
 */
export const recordReply = (deps: ReplyDeps, asked: Attempt, received: Reply): Promise<void> =>
  deps.db.transaction(async (tx) => {
    const payout = await lockPayout(tx, asked.payoutId);
    const attempt = await findLiveAttempt(tx, asked.payoutId);
    if (attempt?.id !== asked.id) return recordTooLate(tx, asked, received);
    if (attempt.callNo !== asked.callNo) return;
    const reply = { ...received, reason: received.reason ?? (await webhookReason(tx, attempt, received)) };
    const consequences = await applyReply(deps, tx, { payout, attempt }, reply);
    await overtakePeople(tx, attempt, reply, consequences);
    return notify(tx, { payout, attempt }, reply, consequences);
  });

/** A bank's reason for sending money back may have come by webhook only. */
const webhookReason = async (
  tx: Database,
  { gateway, providerRef }: Attempt,
  { state }: Reply,
): Promise<string | null> =>
  providerRef && (state === 'on_hold' || state === 'returned') ? findWebhookReason(tx, gateway, providerRef) : null;

/** Writes a reply into the books: state, journals, lines. The reply comes from the provider, or from people (`resolutionId`). */
export async function applyReply(
  { returnWindows }: ReplyDeps,
  tx: Database,
  { payout, attempt }: Locked,
  reply: Reply,
  resolutionId: string | null = null,
): Promise<Consequences> {
  const consequences = consequencesOf(
    {
      state: attempt.state,
      payoutStatus: payout.status,
      netMinor: attempt.minor,
      debitedMinor: attempt.debitedMinor,
      returnedMinor: attempt.returnedMinor,
      decidedMinor: attempt.returnedMinor === null ? 0n : await sumDecidedParts(tx, attempt.id),
    },
    {
      state: stateByTime(attempt.state, reply.state, {
        ageMs: attempt.readAt.getTime() - attempt.stateAt.getTime(),
        returnWindowMs: returnWindows[attempt.gateway],
        isCheck: payout.method === 'check',
        isUnmailed: payout.gateway === 'printed-check' && !(await isMailed(tx, attempt.id)),
      }),
      debited: reply.debited && { minor: reply.debited.amount.minor, feeMinor: reply.debited.fee.minor },
      returnedMinor: reply.returned?.amount.minor ?? null,
    },
  );
  const foreignFee = consequences.debit ? feeInAnotherCurrency(attempt, reply) : null;
  await updateAttempt(tx, attempt.id, {
    state: consequences.state,
    word: reply.providerStatus,
    reason: reply.reason,
    reference: reply.reference,
    evidence: reply.evidence,
    debited: consequences.debit
      ? { minor: attempt.minor, feeMinor: consequences.debit.feeMinor, feeCurrency: foreignFee?.currency ?? null }
      : null,
    returnedMinor: (consequences.fullReturn ?? consequences.partialReturn)?.minor ?? null,
    resolutionId,
  });
  await postConsequences(tx, paidBy(payout, attempt), consequences, foreignFee, attempt.readAt);
  if (consequences.payoutStatus !== payout.status) {
    const reason = reply.reason ?? reply.providerStatus;
    await updatePayout(tx, payout.id, consequences.payoutStatus, reason);
    await markInstrument(tx, payout, consequences.payoutStatus, reason, reply.objections);
  }
  return consequences;
}

/** A fee that the provider tells in another currency than the payment's. It is booked in its own. */
const feeInAnotherCurrency = ({ currency }: Attempt, { debited }: Reply): Money | null =>
  debited && debited.fee.minor !== 0n && debited.fee.currency !== currency ? debited.fee : null;

async function postConsequences(
  tx: Database,
  paid: Paid,
  consequences: Consequences,
  foreignFee: Money | null,
  at: Date,
): Promise<void> {
  const { debit, fail, fullReturn, partialReturn } = consequences;
  await postJournals(tx, [
    ...(debit ? [debitPosting(paid, foreignFee ? 0n : debit.feeMinor, at)] : []),
    ...(foreignFee ? [foreignFeePosting(paid, foreignFee, at)] : []),
    ...(fail ? [failPosting(paid, at)] : []),
    ...(fullReturn ? [returnPosting(paid, fullReturn.minor, fullReturn.before, at)] : []),
    ...(partialReturn ? [partialReturnPosting(paid, partialReturn.minor, partialReturn.before, at)] : []),
  ]);
}
