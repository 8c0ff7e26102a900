import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { saveBreaks } from '../../db/books/reconciliation.ts';
import type { Database } from '../../db/database.ts';
import type { Attempt } from '../../db/payouts/attempts.ts';
import { closeItemTasks } from '../../db/payouts/batch-items.ts';
import { listPayoutsInQuestion, overtakeResolutions } from '../../db/payouts/resolutions.ts';
import type { Consequences } from '../../domain/payouts/settlement.ts';
import type { TaskKind } from '../../domain/tasks/task.ts';
import type { Reply } from '../../gateways/gateway.ts';

/**
 * Where a provider and people disagree. The provider's own reply ends what people were about to decide. A reply never
 * overwrites a decision of people that is in the books, and no contradiction stays unseen.
 */
export async function overtakePeople(
  tx: Database,
  attempt: Attempt,
  reply: Reply,
  { state, alarms }: Consequences,
): Promise<void> {
  if (alarms.length > 0 && attempt.resolutionId !== null) await openContradiction(tx, attempt, reply);
  if (state === attempt.state) return;
  const kinds: readonly TaskKind[] = state === 'returned' ? ['outcome_unknown', 'partial_return'] : ['outcome_unknown'];
  await overtake(tx, attempt.payoutId, kinds, `${attempt.gateway} says ${reply.providerStatus}`);
}

/** Does the same for all payments of a batch, when its provider at last reports the batch's outcome. */
export async function overtakePeopleOnBatch(tx: Database, batchId: string, statement: string): Promise<void> {
  for (const payoutId of await listPayoutsInQuestion(tx, batchId))
    await overtake(tx, payoutId, ['outcome_unknown'], statement);
  await closeItemTasks(tx, batchId, `The outcome is now known: ${statement}.`);
}

async function overtake(tx: Database, payoutId: string, kinds: readonly TaskKind[], statement: string): Promise<void> {
  if (!(await overtakeResolutions(tx, payoutId, kinds))) return;
  const detail = `${statement}. Two people had decided about this payment, but their decision was not applied yet. The provider's status stands.`;
  await raiseAlarm(tx, 'resolution_overtaken', `payout/${payoutId}`, detail);
}

/** Records a reply to a payment whose failure people or an earlier reply proved. It moves no money, but nobody may overlook it. */
export async function recordTooLate(tx: Database, asked: Attempt, reply: Reply): Promise<void> {
  if (reply.state === null || reply.state === 'failed' || reply.state === 'unknown') return;
  await openContradiction(tx, asked, reply);
  const detail = `${asked.gateway} says ${reply.providerStatus} of a payment whose failure was recorded. The books were not changed.`;
  await raiseAlarm(tx, 'provider_answer', `payout/${asked.payoutId}`, detail);
}

/** Opens a break, which stays open until both sides agree. */
const openContradiction = (tx: Database, { id, gateway, currency, minor, debitedMinor }: Attempt, reply: Reply) =>
  saveBreaks(
    tx,
    { gateway, currency },
    [],
    [
      {
        kind: debitedMinor === null ? 'missing_in_ledger' : 'missing_at_provider',
        subject: `attempt/${id}`,
        attemptId: id,
        currency,
        expectedMinor: debitedMinor ?? 0n,
        foundMinor: reply.debited?.amount.minor ?? (debitedMinor === null ? minor : 0n),
      },
    ],
  );
