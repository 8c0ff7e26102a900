import type { DatabasePool } from 'slonik';

import { type Attempt, findLiveAttempt, updateAttempt } from '../../db/payouts/attempts.ts';
import type { Database } from '../../db/database.ts';
import { findToldReason } from '../../db/payouts/inbox.ts';
import { post } from '../../db/books/ledger.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { lockPayout, type Payout, updatePayout } from '../../db/payouts/payouts.ts';
import { sumDecidedParts } from '../../db/payouts/resolutions.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { adviceByCode, adviceOn } from '../../domain/payouts/advice.ts';
import { type ReturnWindows, unclaimedReminder, unclaimedUntil } from '../../domain/payouts/attempt.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import {
  debitPosting,
  failPosting,
  type Paid,
  partialReturnPosting,
  returnPosting,
} from '../../domain/books/postings.ts';
import { type Consequences, consequencesOf, stateByTime } from '../../domain/payouts/settlement.ts';
import { OPEN_FOR_MS, type TaskKind } from '../../domain/tasks/task.ts';
import type { Reply } from '../../gateways/gateway.ts';
import { alarm } from '../tasks/alarms.ts';
import { hearTooLate, overtakePeople } from './contradictions.ts';
import { tellOfUnknown } from './silence.ts';
import { openTask } from '../tasks/tasks.ts';

export type AnswerDeps = {
  db: DatabasePool;
  returnWindows: ReturnWindows;
};

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

/** A payout and its live attempt, both locked. */
export type Locked = { payout: Payout; attempt: Attempt };

/** Applies what a provider said, under locks and in one transaction: state, journals, lines, notices, tasks. */
export const recordAnswer = (deps: AnswerDeps, asked: Attempt, said: Reply): Promise<void> =>
  deps.db.transaction(async (tx) => {
    const payout = await lockPayout(tx, asked.payoutId);
    const attempt = await findLiveAttempt(tx, asked.payoutId);
    if (attempt?.id !== asked.id) return hearTooLate(tx, asked, said);
    const answer = { ...said, reason: said.reason ?? (await reasonTold(tx, attempt, said)) };
    const consequences = await applyAnswer(deps, tx, { payout, attempt }, answer);
    await overtakePeople(tx, attempt, answer, consequences);
    return tell(tx, { payout, attempt }, answer, consequences);
  });

/** A bank's reason for sending money back may have come by webhook only. */
const reasonTold = async (tx: Database, { gateway, providerRef }: Attempt, { state }: Reply): Promise<string | null> =>
  providerRef && (state === 'on_hold' || state === 'returned') ? findToldReason(tx, gateway, providerRef) : null;

/** Writes an answer into the books: state, journals, lines. It is the provider's, or the word of people (`resolutionId`). */
export async function applyAnswer(
  { returnWindows }: AnswerDeps,
  tx: Database,
  { payout, attempt }: Locked,
  answer: Reply,
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
      state: stateByTime(attempt.state, answer.state, {
        ageMs: attempt.readAt.getTime() - attempt.stateAt.getTime(),
        returnWindowMs: returnWindows[attempt.gateway],
        isCheck: payout.method === 'check',
      }),
      debited: answer.debited && { minor: answer.debited.amount.minor, feeMinor: answer.debited.fee.minor },
      returnedMinor: answer.returned?.amount.minor ?? null,
    },
  );
  await updateAttempt(tx, attempt.id, {
    state: consequences.state,
    word: answer.providerStatus,
    reason: answer.reason,
    reference: answer.reference,
    evidence: answer.evidence,
    debited: consequences.debit ? { minor: attempt.minor, feeMinor: consequences.debit.feeMinor } : null,
    returnedMinor: (consequences.fullReturn ?? consequences.partialReturn)?.minor ?? null,
    resolutionId,
  });
  await postConsequences(tx, paidBy(payout, attempt), consequences, attempt.readAt);
  if (consequences.payoutStatus !== payout.status)
    await updatePayout(tx, payout.id, consequences.payoutStatus, answer.reason ?? answer.providerStatus);
  return consequences;
}

async function postConsequences(tx: Database, paid: Paid, consequences: Consequences, at: Date): Promise<void> {
  const { debit, fail, fullReturn, partialReturn } = consequences;
  await post(tx, [
    ...(debit ? [debitPosting(paid, debit.feeMinor, at)] : []),
    ...(fail ? [failPosting(paid, at)] : []),
    ...(fullReturn ? [returnPosting(paid, fullReturn.minor, fullReturn.before, at)] : []),
    ...(partialReturn ? [partialReturnPosting(paid, partialReturn.minor, partialReturn.before, at)] : []),
  ]);
}

const TOLD_OF = {
  sent: 'payout_sent',
  settled: 'payout_settled',
  failed: 'payout_failed',
  returned: 'payout_returned',
} as const;

/** Tells the partner, raises the alarms and opens the tasks that an answer asks for; closes those that it ends. */
export async function tell(
  tx: Database,
  { payout, attempt }: Locked,
  answer: Reply,
  consequences: Consequences,
): Promise<void> {
  const { state, payoutStatus: status } = consequences;
  const subject = subjectOf(payout);
  if (state === 'unclaimed') await tellUnclaimed(tx, payout, attempt, answer.reason);
  else if (state === 'on_hold') await tellHeld(tx, payout, answer.reason);
  else if (status !== payout.status && status in TOLD_OF)
    await tellPartner(tx, payout, TOLD_OF[status as keyof typeof TOLD_OF], answer.reason ?? answer.providerStatus);
  const task = taskOf(attempt, answer, consequences);
  const isToldOf = task !== null || isKnownPart(attempt, answer);
  const alarms = [...consequences.alarms, ...(answer.alarm && !isToldOf ? [answer.alarm] : [])];
  if (alarms.length > 0) await alarm(tx, 'provider_answer', subject, alarms.join('; '));
  if (state !== attempt.state)
    await endTasks(
      tx,
      payout,
      state === 'returned' ? [...ENDED_BY_NEWS, 'partial_return'] : ENDED_BY_NEWS,
      answer.providerStatus,
    );
  if (task) await askPeople(tx, payout, attempt, task);
  if (state === 'unknown' && attempt.state === 'unknown')
    await tellOfUnknown(tx, { ...attempt, subject, whether: `${attempt.gateway} paid` });
}

const subjectOf = ({ id }: Pick<Payout, 'id'>): string => `payout/${id}`;

/** What waited for a person waits no more once the provider says another thing. */
const ENDED_BY_NEWS: readonly TaskKind[] = ['outcome_unknown', 'provider_approval'];

async function endTasks(tx: Database, payout: Payout, kinds: readonly TaskKind[], word: string): Promise<void> {
  for (const kind of kinds)
    await closeTask(
      tx,
      { kind, subject: subjectOf(payout) },
      { actorId: null, resolution: `it is known now: ${word}` },
    );
}

/** A part that came back before: its task says so. */
const isKnownPart = ({ returnedMinor }: Attempt, { state, returned }: Reply): boolean =>
  state !== 'returned' && returned !== null && returned.amount.minor === returnedMinor;

type Asked = { kind: TaskKind; detail: string };

const PART_CAME_BACK =
  'A part of this payment came back and waits in suspense. Ask the provider whether more will come, then propose whose it is.';

/**
 * What only a person can decide now: what the gateway asks, a part that came back, or what became of a payment. No news is no question:
 * of a draft that waits to be funded nobody may say that it was not paid.
 */
function taskOf(
  attempt: Attempt,
  { state, task, alarm: odd, reason, providerStatus: word }: Reply,
  after: Consequences,
): Asked | null {
  if (task) return task;
  if (after.partialReturn) return { kind: 'partial_return', detail: odd ?? PART_CAME_BACK };
  const isAsked = after.state === 'needs_person' && (state === 'needs_person' || attempt.state !== 'needs_person');
  if (!isAsked) return null;
  const detail =
    odd ?? `${attempt.gateway} wants a person: ${reason ?? word}. Find out there what became of the money.`;
  return { kind: 'outcome_unknown', detail };
}

/** Opens a task about a payment, with what its attempt is known by. */
async function askPeople(tx: Database, payout: Payout, attempt: Attempt, { kind, detail }: Asked): Promise<void> {
  const openMs = OPEN_FOR_MS[kind];
  await openTask(tx, {
    kind,
    detail,
    subject: subjectOf(payout),
    payoutId: payout.id,
    evidence: { gateway: attempt.gateway, attempt: attempt.id, reference: attempt.providerRef },
    deadlineAt: openMs === null ? null : new Date(attempt.readAt.getTime() + openMs),
  });
}

/** Asks whose the rest of what came back is. */
export const askAboutPart = (tx: Database, { payout, attempt }: Locked): Promise<void> =>
  askPeople(tx, payout, attempt, { kind: 'partial_return', detail: PART_CAME_BACK });

/** Tells a partner that money waits for him, at once and on the days of the reminders, each once. */
async function tellUnclaimed(tx: Database, payout: Payout, attempt: Attempt, reason: string | null): Promise<void> {
  const since = attempt.state === 'unclaimed' ? attempt.stateAt : attempt.readAt;
  const day = unclaimedReminder(attempt.readAt.getTime() - since.getTime());
  await addNotification(tx, {
    kind: 'payout_unclaimed',
    dedupeKey: `payout_unclaimed/${payout.id}${day === 0 ? '' : `/${day}`}`,
    audience: 'partner',
    partnerId: payout.partnerId,
    body: {
      ...amountOf(payout),
      day,
      until: unclaimedUntil(attempt.gateway, since) ?? '',
      advice: adviceOn(payout.gateway, 'unclaimed', reason).text,
    },
  });
}

/** Tells a partner of money that its provider holds until the partner has done something; once. */
async function tellHeld(tx: Database, payout: Payout, reason: string | null): Promise<void> {
  const advice = adviceByCode(payout.gateway, reason);
  if (advice?.who !== 'partner') return;
  await addNotification(tx, {
    kind: 'payout_held',
    dedupeKey: `payout_held/${payout.id}`,
    audience: 'partner',
    partnerId: payout.partnerId,
    body: { ...amountOf(payout), advice: advice.text },
  });
}

const amountOf = (payout: Payout) => ({
  payout: payout.id,
  amount: formatDecimal(money(payout.net, payout.currency)),
  currency: payout.currency,
  method: payout.method,
});

type PartnerNotice = 'payout_sent' | 'payout_settled' | 'payout_failed' | 'payout_returned';

/** Tells a partner of a payout, once per kind; of one that failed or came back also what to do. */
export const tellPartner = (tx: Database, payout: Payout, kind: PartnerNotice, reason: string | null) =>
  addNotification(tx, {
    kind,
    dedupeKey: `${kind}/${payout.id}`,
    audience: 'partner',
    partnerId: payout.partnerId,
    body: {
      ...amountOf(payout),
      ...(kind === 'payout_failed' || kind === 'payout_returned'
        ? { advice: adviceOn(payout.gateway, kind === 'payout_failed' ? 'failed' : 'returned', reason).text }
        : {}),
    },
  });

/** Tells a partner what became of a part that came back. */
export const tellPart = (tx: Database, payout: Payout, resolutionId: string, minor: bigint, isCredited: boolean) =>
  addNotification(tx, {
    kind: 'payout_partly_returned',
    dedupeKey: `payout_partly_returned/${resolutionId}`,
    audience: 'partner',
    partnerId: payout.partnerId,
    body: {
      ...amountOf(payout),
      returned: formatDecimal(money(minor, payout.currency)),
      credited: isCredited ? 'yes' : 'no',
    },
  });
