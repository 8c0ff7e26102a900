import type { Database } from '../../db/database.ts';
import { dropAttempts } from '../../db/payouts/attempts.ts';
import { type Payout, updatePayout } from '../../db/payouts/payouts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { setOutcome } from '../../db/runs/outcomes.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import type { Cut } from '../../domain/payouts/cut.ts';

/**
 * Takes an approved payout out of its run before its provider is asked, in the caller's transaction, which has locked run and payout.
 * Its lines are free, and finance is told. `by` is null if the product does it.
 */
export async function cutPayout(
  tx: Database,
  payout: Payout,
  { outcome, reason }: Cut,
  by: string | null,
): Promise<void> {
  await dropAttempts(tx, { payoutId: payout.id }, outcome);
  await updatePayout(tx, payout.id, 'cancelled', reason);
  await setOutcome(tx, payout, outcome);
  const detail = { run: payout.runId, outcome, reason };
  await addAuditEntry(tx, { actorId: by, action: 'payout.cut', subject: `payout/${payout.id}`, detail });
  await addNotification(tx, {
    kind: 'payout_cut',
    dedupeKey: `payout_cut/${payout.id}`,
    audience: 'finance',
    partnerId: null,
    body: {
      payout: payout.id,
      partner: payout.partner,
      amount: formatDecimal(money(payout.net, payout.currency)),
      currency: payout.currency,
      method: payout.method,
      run: payout.runId,
      reason,
    },
  });
}
