import { type Attempt, findLiveAttempt } from '../../db/payouts/attempts.ts';
import { getBatch } from '../../db/payouts/batches.ts';
import type { Database } from '../../db/database.ts';
import { insertReturnedLine } from '../../db/earnings/earnings.ts';
import { postJournals } from '../../db/books/ledger.ts';
import { lockPayout } from '../../db/payouts/payouts.ts';
import {
  findConfirmedResolution,
  markResolutionApplied,
  overtakeResolutions,
  type Resolution,
  sumDecidedParts,
} from '../../db/payouts/resolutions.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { money } from '../../domain/money.ts';
import { decidedPartPosting } from '../../domain/books/postings.ts';
import { isOfPart, type ResolutionOutcome, whyNotApply } from '../../domain/payouts/resolution.ts';
import { readProgress } from '../../gateways/check-bank/progress.ts';
import type { Reply, ReplyState } from '../../gateways/gateway.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { askAboutPart, type Locked, notify, notifyOfPart } from './notify.ts';
import { applyReply, type ReplyDeps } from './record.ts';

/**
 * Applies what two people decided about a payout, in one transaction and in the same way as a provider's reply: state, journals,
 * lines, notices, history, task. Returns whether there was anything to apply. A call that may still be under way is waited for.
 */
export const applyResolution = (deps: ReplyDeps, payoutId: string): Promise<boolean> =>
  deps.db.transaction(async (tx) => {
    if (!(await findConfirmedResolution(tx, payoutId))) return false;
    const payout = await lockPayout(tx, payoutId);
    const resolution = await findConfirmedResolution(tx, payoutId);
    const attempt = await findLiveAttempt(tx, payoutId);
    if (!resolution || attempt?.id !== resolution.attemptId || (await mayBeAsked(tx, attempt))) return false;
    const { outcome } = resolution;
    const facts = { isCheckAtBank: isCheckAtBank(attempt), isTaken: attempt.debitedMinor !== null };
    if (whyNotApply(facts, outcome)) return overtakenByBank(tx, resolution);
    await closeTask(tx, { kind: resolution.taskKind, subject: `payout/${payoutId}` }, byDecider(resolution));
    if (isOfPart(outcome)) await decidePart(deps, tx, { payout, attempt }, resolution);
    else await decideWhole(deps, tx, { payout, attempt }, resolution);
    await markResolutionApplied(tx, resolution.id);
    return true;
  });

const isCheckAtBank = ({ checkNumber, step }: Attempt): boolean =>
  checkNumber !== null && readProgress(step).acknowledgedAt !== null;

/** A check reached the bank after people had decided that it never would. Its task stays open, and the bank is still polled. */
async function overtakenByBank(tx: Database, { payoutId, taskKind, outcome }: Resolution): Promise<false> {
  await overtakeResolutions(tx, payoutId, [taskKind]);
  const detail = `The bank acknowledged this check before ${outcome}, which two people decided, was applied. Stop the check instead.`;
  await raiseAlarm(tx, 'resolution_overtaken', `payout/${payoutId}`, detail);
  return false;
}

async function decideWhole(deps: ReplyDeps, tx: Database, locked: Locked, resolution: Resolution): Promise<void> {
  const reply = replyOf(resolution, locked.attempt);
  const consequences = await applyReply(deps, tx, locked, reply, resolution.id);
  await notify(tx, locked, reply, consequences);
}

const byDecider = ({ id, outcome, decidedById }: Resolution) => ({
  actorId: decidedById,
  resolution: `${outcome}, by resolution ${id}`,
});

/** Whether another caller's call to the provider may not have ended yet. */
async function mayBeAsked(tx: Database, { submitDeadlineAt, readAt, batchId }: Attempt): Promise<boolean> {
  const until = batchId === null ? submitDeadlineAt : (await getBatch(tx, batchId)).submitDeadlineAt;
  return until !== null && until > readAt;
}

/** The state that a decision of people gives an attempt. A decision about a part changes no state by itself. */
const STATE_OF: Record<ResolutionOutcome, ReplyState | null> = {
  paid: 'settled',
  not_paid: 'failed',
  returned: 'returned',
  credit_partner: null,
  keep: null,
};

/** The decision in the form of a provider's reply. Its evidence is the row that holds what people wrote. */
function replyOf(
  { id, outcome, reference }: Resolution,
  { minor, currency, debitedMinor, returnedMinor }: Attempt,
): Reply {
  const whole = { amount: money(minor, currency), fee: money(0n, currency) };
  const back = { ...whole, amount: money(returnedMinor ?? minor, currency) };
  return {
    state: STATE_OF[outcome],
    providerStatus: `${outcome}, say two people`,
    reference,
    debited: outcome === 'not_paid' || debitedMinor !== null ? null : whole,
    returned: outcome === 'returned' ? back : null,
    reason: outcome === 'paid' ? null : `resolved_${outcome}`,
    objections: [],
    alarm: null,
    task: null,
    evidence: { resolution: id },
  };
}

/** A part that came back leaves suspense. If the provider held the payment, it is over now: the payee or the provider has the rest. */
async function decidePart(deps: ReplyDeps, tx: Database, locked: Locked, resolution: Resolution): Promise<void> {
  const { payout, attempt } = locked;
  const { id, outcome, minor } = resolution;
  if (minor === null || (outcome !== 'credit_partner' && outcome !== 'keep')) return;
  if (outcome === 'credit_partner') await insertReturnedLine(tx, id);
  const part = { resolutionId: id, outcome, partnerId: payout.partnerId, currency: payout.currency, minor };
  await postJournals(tx, [decidedPartPosting(part, attempt.readAt)]);
  const state = attempt.state === 'on_hold' ? 'settled' : null;
  await applyReply(deps, tx, locked, { ...replyOf(resolution, attempt), state, debited: null, reason: null }, id);
  await notifyOfPart(tx, payout, id, minor, outcome === 'credit_partner');
  const rest = (attempt.returnedMinor ?? 0n) - minor - (await sumDecidedParts(tx, attempt.id));
  if (rest > 0n) await askAboutPart(tx, locked);
}
