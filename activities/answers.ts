import type { DatabasePool } from 'slonik';

import { type Attempt, findLiveAttempt, updateAttempt } from '../db/attempts.ts';
import type { Database } from '../db/database.ts';
import { findToldReason } from '../db/inbox.ts';
import { post } from '../db/ledger.ts';
import { addNotification } from '../db/notifications.ts';
import { closeTask } from '../db/tasks.ts';
import { lockPayout, type Payout, updatePayout } from '../db/payouts.ts';
import { type AttemptState, CHECK_STALE_AFTER_MS, type ReturnWindows } from '../domain/attempt.ts';
import { formatDecimal, money } from '../domain/money.ts';
import { debitPosting, failPosting, type Paid, partialReturnPosting, returnPosting } from '../domain/postings.ts';
import { type Consequences, consequencesOf } from '../domain/settlement.ts';
import type { Answer } from '../gateways/gateway.ts';
import { alarm } from './alarms.ts';
import { openTask } from './tasks.ts';

export type AnswerDeps = {
  db: DatabasePool;
  returnWindows: ReturnWindows;
};

/** An outcome that is unknown for longer than this is put before a person. */
const UNKNOWN_ALARM_AFTER_MS = 3600_000;

/** What the postings of a payout's attempt need to know of it. */
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

/** Applies what a provider said, under locks and in one transaction: state, journals, lines, notices. */
export const recordAnswer = (deps: AnswerDeps, asked: Attempt, said: Answer): Promise<void> =>
  deps.db.transaction(async (tx) => {
    const payout = await lockPayout(tx, asked.payoutId);
    const attempt = await findLiveAttempt(tx, asked.payoutId);
    if (!attempt || attempt.id !== asked.id) return;
    const answer = { ...said, reason: said.reason ?? (await reasonTold(tx, attempt, said)) };
    const state = stateByTime(deps, attempt, answer);
    const consequences = consequencesOf(
      {
        state: attempt.state,
        payoutStatus: payout.status,
        netMinor: attempt.minor,
        debitedMinor: attempt.debitedMinor,
        returnedMinor: attempt.returnedMinor,
      },
      {
        state,
        debited: answer.debited && { minor: answer.debited.amount.minor, feeMinor: answer.debited.fee.minor },
        returnedMinor: answer.returned?.amount.minor ?? null,
      },
    );
    await updateAttempt(tx, attempt.id, {
      state: consequences.state,
      word: answer.word,
      reason: answer.reason,
      reference: answer.reference,
      evidence: answer.evidence,
      debited: consequences.debit ? { minor: attempt.minor, feeMinor: consequences.debit.feeMinor } : null,
      returnedMinor: (consequences.fullReturn ?? consequences.partialReturn)?.minor ?? null,
    });
    await postConsequences(tx, paidBy(payout, attempt), consequences, attempt.readAt);
    if (consequences.payoutStatus !== payout.status)
      await updatePayout(tx, payout.id, consequences.payoutStatus, answer.reason ?? answer.word);
    await tell(tx, payout, attempt, answer, consequences);
  });

/** A bank's reason for sending money back may have come by webhook only. */
const reasonTold = async (tx: Database, { gateway, providerRef }: Attempt, { state }: Answer): Promise<string | null> =>
  providerRef && (state === 'on_hold' || state === 'returned') ? findToldReason(tx, gateway, providerRef) : null;

/** What only time decides, and no provider takes back: the return window has closed, or a check is too old to be cashed. */
function stateByTime({ returnWindows }: AnswerDeps, attempt: Attempt, answer: Answer): AttemptState | null {
  if (answer.state !== 'sent') return answer.state;
  if (attempt.state === 'settled' || attempt.state === 'stale') return attempt.state;
  if (attempt.state !== 'sent') return 'sent';
  const ageMs = attempt.readAt.getTime() - attempt.stateAt.getTime();
  const windowMs = returnWindows[attempt.gateway];
  if (windowMs !== null) return ageMs >= windowMs ? 'settled' : 'sent';
  const isCheck = attempt.gateway === 'lob' || attempt.gateway === 'printed-check';
  return isCheck && ageMs >= CHECK_STALE_AFTER_MS ? 'stale' : 'sent';
}

async function postConsequences(tx: Database, paid: Paid, consequences: Consequences, at: Date): Promise<void> {
  const { debit, fail, fullReturn, partialReturn } = consequences;
  await post(tx, [
    ...(debit ? [debitPosting(paid, debit.feeMinor, at)] : []),
    ...(fail ? [failPosting(paid, at)] : []),
    ...(fullReturn ? [returnPosting(paid, fullReturn.minor, fullReturn.before, at)] : []),
    ...(partialReturn ? [partialReturnPosting(paid, partialReturn.minor, at)] : []),
  ]);
}

const TOLD_OF = {
  sent: 'payout_sent',
  settled: 'payout_settled',
  failed: 'payout_failed',
  returned: 'payout_returned',
} as const;

async function tell(
  tx: Database,
  payout: Payout,
  attempt: Attempt,
  answer: Answer,
  consequences: Consequences,
): Promise<void> {
  const status = consequences.payoutStatus;
  const reason = answer.reason ?? answer.word;
  if (consequences.state === 'unclaimed') await tellPartner(tx, payout, 'payout_unclaimed', null);
  else if (status !== payout.status && status in TOLD_OF)
    await tellPartner(tx, payout, TOLD_OF[status as keyof typeof TOLD_OF], reason);
  const subject = `payout/${payout.id}`;
  const alarms = [...consequences.alarms, ...(answer.alarm ? [answer.alarm] : [])];
  if (alarms.length > 0) await alarm(tx, 'provider_answer', subject, alarms.join('; '));
  if (consequences.state === 'needs_person' && !answer.task)
    await alarm(tx, 'needs_person', subject, `${attempt.gateway} wants a person: ${reason}`);
  await ask(tx, payout.id, attempt, answer, consequences);
  const unknownMs = attempt.readAt.getTime() - attempt.stateAt.getTime();
  if (consequences.state === 'unknown' && attempt.state === 'unknown' && unknownMs > UNKNOWN_ALARM_AFTER_MS)
    await alarm(
      tx,
      'unknown_outcome',
      subject,
      `whether ${attempt.gateway} paid is still not known; nothing is sent again meanwhile`,
    );
}

/** What waited for a person waits no more once the provider says another thing. */
const ENDED_BY_NEWS = ['outcome_unknown', 'provider_approval'] as const;

async function ask(
  tx: Database,
  payoutId: string,
  attempt: Attempt,
  { task, word }: Answer,
  { state }: Consequences,
): Promise<void> {
  const subject = `payout/${payoutId}`;
  const evidence = { gateway: attempt.gateway, attempt: attempt.id, reference: attempt.providerRef, state, word };
  if (task) await openTask(tx, { ...task, subject, payoutId, evidence });
  else if (state !== attempt.state)
    for (const kind of ENDED_BY_NEWS)
      await closeTask(tx, { kind, subject }, { actorId: null, resolution: `${attempt.gateway} says ${word}` });
}

type PartnerNotice = 'payout_sent' | 'payout_settled' | 'payout_failed' | 'payout_returned' | 'payout_unclaimed';
const GIVES_REASON: ReadonlySet<PartnerNotice> = new Set(['payout_failed', 'payout_returned']);

/** Tells a partner of a payout, once per kind. */
export const tellPartner = (tx: Database, payout: Payout, kind: PartnerNotice, reason: string | null) =>
  addNotification(tx, {
    kind,
    dedupeKey: `${kind}/${payout.id}`,
    audience: 'partner',
    partnerId: payout.partnerId,
    body: {
      payout: payout.id,
      amount: formatDecimal(money(payout.net, payout.currency)),
      currency: payout.currency,
      method: payout.method,
      ...(GIVES_REASON.has(kind) ? { reason: reason ?? 'no reason was given' } : {}),
    },
  });
