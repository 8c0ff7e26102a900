import type { Attempt } from '../../db/payouts/attempts.ts';
import type { Database } from '../../db/database.ts';
import { saveBreaks } from '../../db/books/reconciliation.ts';
import { listPayoutsInQuestion, overtakeResolutions } from '../../db/payouts/resolutions.ts';
import { closeItemTasks } from '../../db/payouts/batch-items.ts';
import type { Consequences } from '../../domain/payouts/settlement.ts';
import type { TaskKind } from '../../domain/tasks/task.ts';
import type { Reply } from '../../gateways/gateway.ts';
import { alarm } from '../tasks/alarms.ts';

/**
 * Where a provider and people do not say the same. Its own word ends what they were about to say; what is in the books by their word is
 * never overwritten by its, and never left standing unseen.
 */
export async function overtakePeople(
  tx: Database,
  attempt: Attempt,
  answer: Reply,
  { state, alarms }: Consequences,
): Promise<void> {
  if (alarms.length > 0 && attempt.resolutionId !== null) await openContradiction(tx, attempt, answer);
  if (state === attempt.state) return;
  const kinds: readonly TaskKind[] = state === 'returned' ? ['outcome_unknown', 'partial_return'] : ['outcome_unknown'];
  await overtake(tx, attempt.payoutId, kinds, `${attempt.gateway} says ${answer.providerStatus}`);
}

/** The same for all payments of a batch, when its provider says at last what became of it. */
export async function overtakePeopleOnBatch(tx: Database, batchId: string, word: string): Promise<void> {
  for (const payoutId of await listPayoutsInQuestion(tx, batchId))
    await overtake(tx, payoutId, ['outcome_unknown'], word);
  await closeItemTasks(tx, batchId, `it is known now: ${word}`);
}

async function overtake(tx: Database, payoutId: string, kinds: readonly TaskKind[], said: string): Promise<void> {
  if (!(await overtakeResolutions(tx, payoutId, kinds))) return;
  const detail = `${said}, before what two people decided was applied; its word stands`;
  await alarm(tx, 'resolution_overtaken', `payout/${payoutId}`, detail);
}

/** An answer to a payment that people, or an earlier answer, have proved dead: nothing moves, and nobody may overlook it. */
export async function hearTooLate(tx: Database, asked: Attempt, answer: Reply): Promise<void> {
  if (answer.state === null || answer.state === 'failed' || answer.state === 'unknown') return;
  await openContradiction(tx, asked, answer);
  const detail = `${asked.gateway} says ${answer.providerStatus} of a payment whose failure was recorded; the books were not changed`;
  await alarm(tx, 'provider_answer', `payout/${asked.payoutId}`, detail);
}

/** A break, open until both sides agree. */
const openContradiction = (tx: Database, { id, gateway, currency, minor, debitedMinor }: Attempt, answer: Reply) =>
  saveBreaks(
    tx,
    gateway,
    [],
    [
      {
        kind: debitedMinor === null ? 'missing_in_ledger' : 'missing_at_provider',
        subject: `attempt/${id}`,
        attemptId: id,
        currency,
        expectedMinor: debitedMinor ?? 0n,
        foundMinor: answer.debited?.amount.minor ?? (debitedMinor === null ? minor : 0n),
      },
    ],
  );
