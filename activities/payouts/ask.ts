import { cutPayout } from '../../commands/payouts/cut.ts';
import { postJournals } from '../../db/books/ledger.ts';
import { lockGatewayShared } from '../../db/payers/gateway-pauses.ts';
import {
  type Attempt,
  claimResolve,
  claimSubmit,
  closeCall,
  findLiveAttempt,
  saveStep,
} from '../../db/payouts/attempts.ts';
import { getPayout, lockPayout } from '../../db/payouts/payouts.ts';
import { whyNotSubmit } from '../../db/payouts/waits.ts';
import { getRun, lockRunShared } from '../../db/runs/runs.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { sendPosting } from '../../domain/books/postings.ts';
import type { AttemptState } from '../../domain/payouts/attempt.ts';
import type { Gateways, Reply } from '../../gateways/gateway.ts';
import { askLastQuestion } from './last-question.ts';
import { paidBy, recordReply, type ReplyDeps } from './record.ts';
import type { NoteStep } from './steps.ts';
import { submissionOf } from './submissions.ts';

export type AskDeps = ReplyDeps & {
  gateways: Gateways;
  vault: VaultKeys;
  /** The longest time that asking a provider may take with all its calls, in milliseconds. At most two minutes less a margin. */
  askTimeoutMs?: number;
};

/** Ends before the activity's own time-out (2 minutes), so that no call outlives the time after which another worker may take over. */
export const ASK_TIMEOUT_MS = 105_000;
/** A call ends this long before others may go on, however long it took to begin it. */
export const ASK_MARGIN_MS = 250;
export const POLL_TIMEOUT_MS = 90_000;

/** Asks the provider for the payment, resolves an unclear outcome, or polls, and records the reply. Asks nobody where it may not ask now. */
export async function ask(deps: AskDeps, attempt: Attempt, note: NoteStep): Promise<void> {
  if (waitsForBatch(attempt)) return;
  if (!isUnanswered(attempt.state)) {
    const signal = AbortSignal.timeout(POLL_TIMEOUT_MS);
    return record(deps, attempt, await deps.gateways[attempt.gateway].read(submissionOf(deps, attempt), signal), note);
  }
  const signal = AbortSignal.timeout((deps.askTimeoutMs ?? ASK_TIMEOUT_MS) - ASK_MARGIN_MS);
  const claimed = await claim(deps, attempt, note);
  if (claimed && !signal.aborted) await askAlone(deps, claimed, attempt.state === 'prepared', signal, note);
  // otherwise it is paused, too late, or another caller is asking: the next poll resolves the outcome
}

/**
 * Takes the right to ask, the first time with the send's journal, unless the run or the gateway is paused or a person holds the payout.
 * Resolving needs it too: it may repeat the request, so that money could move in a pause. The first time it also asks whether the payout
 * may still be paid, because a pause may have kept it waiting for days. If not, the payout leaves its run. Returns the attempt with all
 * that earlier callers learned, because the caller may have read it before they ended.
 */
const claim = (
  { db, askTimeoutMs = ASK_TIMEOUT_MS }: AskDeps,
  attempt: Attempt,
  note: NoteStep,
): Promise<Attempt | null> =>
  db.transaction(async (tx) => {
    await lockGatewayShared(tx, attempt.gateway);
    const { runId } = await getPayout(tx, attempt.payoutId);
    await lockRunShared(tx, runId); // a pause waits for this claim, and nothing is asked once it is answered
    const payout = await lockPayout(tx, attempt.payoutId);
    if (await whyNotSubmit(tx, payout)) return null;
    if (attempt.state !== 'prepared') return claimResolve(tx, attempt.id, askTimeoutMs);
    if ((await findLiveAttempt(tx, payout.id))?.state !== 'prepared') return null;
    const { owed, cuts } = await askLastQuestion(tx, await getRun(tx, runId), [payout]);
    for (const { cut } of cuts) {
      await cutPayout(tx, payout, cut, null);
      note(`taken out of its run: ${cut.outcome}`);
    }
    const owedMinor = owed.get(payout.id);
    const claimed = owedMinor === undefined ? null : await claimSubmit(tx, attempt.id, owedMinor, askTimeoutMs);
    if (claimed) await postJournals(tx, [sendPosting(paidBy(payout, claimed), attempt.readAt)]);
    return claimed;
  });

/**
 * The one call that asks. Its time runs from before the claim, so it ends before others may ask, however long the commit took. Its reply
 * is recorded first, so that the next caller knows what it learned. If its time is up before that, the next caller asks again.
 */
async function askAlone(
  deps: AskDeps,
  attempt: Attempt,
  isFirst: boolean,
  signal: AbortSignal,
  note: NoteStep,
): Promise<void> {
  const { submit, resolve } = deps.gateways[attempt.gateway];
  const submission = submissionOf(deps, attempt);
  note(isFirst ? 'asked' : 'asked again under the same key');
  try {
    await record(deps, attempt, await (isFirst ? submit : resolve)(submission, saver(deps, attempt), signal), note);
  } finally {
    await closeCall(deps.db, attempt);
  }
}

async function record(deps: AskDeps, attempt: Attempt, reply: Reply, note: NoteStep): Promise<void> {
  await recordReply(deps, attempt, reply);
  note(`${attempt.gateway} replied ${reply.providerStatus}`);
}

const saver =
  ({ db }: AskDeps, attempt: Attempt) =>
  async (step: string, reference: string | null): Promise<void> => {
    if (!(await saveStep(db, attempt, step, reference))) throw overtaken(`attempt ${attempt.id}`);
  };

/** Ends a call that is too late to go on. Temporal repeats the activity, which then finds how far the other caller got. */
export const overtaken = (what: string): Error => new Error(`another caller has taken over ${what}`);

/** A payment of a batch is asked for with its batch, never alone. It is followed once the batch has named it. */
export const waitsForBatch = ({ batchId, state, providerRef }: Attempt): boolean =>
  batchId !== null && (isUnanswered(state) || providerRef === null);

/** Whether its provider has not been asked, or has not replied. */
export const isUnanswered = (state: AttemptState | null): boolean =>
  state === null || state === 'prepared' || state === 'submitted' || state === 'unknown';
