import { cutPayout } from '../../commands/payouts/cut.ts';
import type { Database } from '../../db/database.ts';
import { lockPayability } from '../../db/payouts/payability.ts';
import type { Payout } from '../../db/payouts/payouts.ts';
import type { Run } from '../../db/runs/runs.ts';
import { type Cut, whyCut } from '../../domain/payouts/cut.ts';

/** The answer for payouts of one run and currency: what their partners are owed now, or why they leave the run. */
export type LastAnswer = {
  /** By payout. A payout that leaves the run is not in it. */
  readonly owed: ReadonlyMap<string, bigint>;
  readonly cuts: readonly { payout: Payout; cut: Cut }[];
};

/**
 * Asks once more whether approved payouts may be paid. Between the approval and this moment, sales may have been refunded, partners put
 * on hold and details changed. The answer stays true until the transaction ends. The caller has locked the payouts.
 */
export async function askLastQuestion(tx: Database, run: Run, payouts: readonly Payout[]): Promise<LastAnswer> {
  const [first] = payouts;
  const owed = new Map<string, bigint>();
  const cuts: { payout: Payout; cut: Cut }[] = [];
  if (!first) return { owed, cuts };
  const now = await lockPayability(
    tx,
    run,
    first.currency,
    payouts.map(({ partnerId }) => partnerId),
  );
  for (const payout of payouts) {
    const standing = now.get(payout.partnerId);
    const cut = whyCut(payout, standing);
    if (cut) cuts.push({ payout, cut });
    else owed.set(payout.id, standing?.payableMinor ?? 0n);
  }
  return { owed, cuts };
}

/** Asks once more, cuts from the run whatever may no longer be paid, and returns what may. */
export async function keepPayable(tx: Database, run: Run, payouts: readonly Payout[]): Promise<readonly Payout[]> {
  const { owed, cuts } = await askLastQuestion(tx, run, payouts);
  for (const { payout, cut } of cuts) await cutPayout(tx, payout, cut, null);
  return payouts.filter(({ id }) => owed.has(id));
}
