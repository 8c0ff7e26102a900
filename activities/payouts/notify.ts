import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { openTask } from '../../commands/open-task.ts';
import type { Database } from '../../db/database.ts';
import type { Attempt } from '../../db/payouts/attempts.ts';
import type { Payout } from '../../db/payouts/payouts.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { MINUTE_MS } from '../../domain/durations.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import { adviceByCode, adviceOn } from '../../domain/payouts/advice.ts';
import { unclaimedReminder, unclaimedUntil } from '../../domain/payouts/attempt.ts';
import type { Consequences } from '../../domain/payouts/settlement.ts';
import { OPEN_FOR_MS, type TaskKind } from '../../domain/tasks/task.ts';
import type { Reply } from '../../gateways/gateway.ts';
import { overdueQuestion } from './overdue.ts';
import { notifyOfUnknown } from './silence.ts';

/** A payout and its live attempt, both locked. */
export type Locked = { payout: Payout; attempt: Attempt };

const NOTICE_OF = {
  sent: 'payout_sent',
  settled: 'payout_settled',
  failed: 'payout_failed',
  returned: 'payout_returned',
} as const;

/** Notifies the partner, raises the alarms and opens the tasks that a reply requires, and closes the tasks that it ends. */
export async function notify(
  tx: Database,
  { payout, attempt }: Locked,
  reply: Reply,
  consequences: Consequences,
): Promise<void> {
  const { state, payoutStatus: status } = consequences;
  const subject = subjectOf(payout);
  if (state === 'unclaimed') await notifyUnclaimed(tx, payout, attempt, reply.reason);
  else if (state === 'on_hold') await notifyHeld(tx, payout, reply.reason);
  else if (status !== payout.status && status in NOTICE_OF)
    await notifyPartner(tx, payout, NOTICE_OF[status as keyof typeof NOTICE_OF], reply.reason ?? reply.providerStatus);
  const task = taskOf(attempt, reply, consequences);
  const isExplained = task !== null || isKnownPart(attempt, reply);
  const alarms = [...consequences.alarms, ...(reply.alarm && !isExplained ? [reply.alarm] : [])];
  if (alarms.length > 0) await raiseAlarm(tx, 'provider_answer', subject, alarms.join('; '));
  if (state !== attempt.state)
    await endTasks(
      tx,
      payout,
      state === 'returned' ? [...ENDED_BY_CHANGE, 'partial_return'] : ENDED_BY_CHANGE,
      reply.providerStatus,
    );
  if (task) await askPeople(tx, payout, attempt, task);
  if (state === 'unknown' && attempt.state === 'unknown')
    await notifyOfUnknown(tx, { ...attempt, subject, whether: `${attempt.gateway} paid` });
}

const subjectOf = ({ id }: Pick<Payout, 'id'>): string => `payout/${id}`;

/** The tasks that end when the provider reports another state. */
const ENDED_BY_CHANGE: readonly TaskKind[] = ['outcome_unknown', 'provider_approval'];

async function endTasks(
  tx: Database,
  payout: Payout,
  kinds: readonly TaskKind[],
  providerStatus: string,
): Promise<void> {
  for (const kind of kinds)
    await closeTask(
      tx,
      { kind, subject: subjectOf(payout) },
      { actorId: null, resolution: `The outcome is now known: ${providerStatus}.` },
    );
}

/** Whether a part came back that was recorded before: its task explains it. */
const isKnownPart = ({ returnedMinor }: Attempt, { state, returned }: Reply): boolean =>
  state !== 'returned' && returned !== null && returned.amount.minor === returnedMinor;

type Asked = { kind: TaskKind; detail: string };

const PART_CAME_BACK =
  'Part of this payment came back and waits in suspense. Ask the provider whether more will come, then propose who owns it.';

/**
 * The decision that only a person can make now: the gateway's own task, the owner of a part that came back, or the outcome of a
 * payment, also where its state has not changed for too long. A reply that changes nothing asks nothing, because nobody may say of a draft that waits to be funded that it was not paid.
 */
function taskOf(
  attempt: Attempt,
  { state, task, alarm, reason, providerStatus }: Reply,
  after: Consequences,
): Asked | null {
  if (task) return task;
  if (after.partialReturn) return { kind: 'partial_return', detail: alarm ?? PART_CAME_BACK };
  const overdue = after.state === attempt.state ? overdueQuestion(attempt) : null;
  if (overdue) return { kind: 'outcome_unknown', detail: alarm ? `${overdue} ${alarm}` : overdue };
  const isAsked = after.state === 'needs_person' && (state === 'needs_person' || attempt.state !== 'needs_person');
  if (!isAsked) return null;
  const detail =
    alarm ??
    `A person must look at this payment: ${attempt.gateway} reported ${reason ?? providerStatus}. Find out there whether the money moved.`;
  return { kind: 'outcome_unknown', detail };
}

/** Opens a task about a payment, with the gateway, the attempt and the provider's reference as evidence. */
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

/** Asks who owns the rest of the money that came back. */
export const askAboutPart = (tx: Database, { payout, attempt }: Locked): Promise<void> =>
  askPeople(tx, payout, attempt, { kind: 'partial_return', detail: PART_CAME_BACK });

/** Notifies a partner that money waits to be claimed, at once and on the days of the reminders, each time once. */
async function notifyUnclaimed(tx: Database, payout: Payout, attempt: Attempt, reason: string | null): Promise<void> {
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

/** Notifies a partner, once, that the provider holds the money until the partner has done something. */
async function notifyHeld(tx: Database, payout: Payout, reason: string | null): Promise<void> {
  const advice = adviceByCode(payout.gateway, reason);
  if (advice?.who !== 'partner') return;
  await addNotification(tx, {
    kind: 'payout_held',
    dedupeKey: `payout_held/${payout.id}`,
    audience: 'partner',
    partnerId: payout.partnerId,
    body: { ...amountOf(payout), advice: advice.text },
    waitMs: OVERTAKEN_WITHIN_MS,
  });
}

/** A provider may say something else moments later. The partner is then sent the last word only. */
const OVERTAKEN_WITHIN_MS = MINUTE_MS;

const amountOf = (payout: Payout) => ({
  payout: payout.id,
  amount: formatDecimal(money(payout.net, payout.currency)),
  currency: payout.currency,
  method: payout.method,
});

type PartnerNotice = 'payout_sent' | 'payout_settled' | 'payout_failed' | 'payout_returned';

/** Notifies a partner of a payout, once for each kind. If the payout failed or came back, the notice says what to do. */
export const notifyPartner = (tx: Database, payout: Payout, kind: PartnerNotice, reason: string | null) =>
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
    waitMs: kind === 'payout_sent' ? OVERTAKEN_WITHIN_MS : 0,
  });

/** Notifies a partner of the decision about a part that came back. */
export const notifyOfPart = (tx: Database, payout: Payout, resolutionId: string, minor: bigint, isCredited: boolean) =>
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
