import type { Database } from '../../db/database.ts';
import { insertInstrumentFailure } from '../../db/payouts/instrument-failures.ts';
import type { Payout } from '../../db/payouts/payouts.ts';
import type { Objection } from '../../domain/partners/form-field.ts';
import { faultOfDetails } from '../../domain/payouts/advice.ts';
import type { PayoutStatus } from '../../domain/payouts/payout.ts';

/**
 * Marks the instrument of a payout that failed or came back because of its details, with what was said against each. Nothing is paid to it
 * until that is fixed.
 */
export async function markInstrument(
  tx: Database,
  { id, gateway, instrumentVersionId }: Payout,
  status: PayoutStatus,
  reason: string | null,
  objections: readonly Objection[] = [],
): Promise<void> {
  const advice = faultOfDetails(gateway, status, reason);
  if (advice === null) return;
  const failure = { payoutId: id, instrumentId: instrumentVersionId, reason: reason ?? 'no reason given', advice };
  await insertInstrumentFailure(tx, { ...failure, objections });
}
