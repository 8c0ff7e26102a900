import { sql } from 'slonik';
import { z } from 'zod';

import { type Outcome, OUTCOMES } from '../../domain/payouts/outcome.ts';
import { Count, Currency } from '../column-types.ts';
import type { Database } from '../database.ts';
import { runPayability } from '../payouts/payability.ts';
import { draftPayouts } from '../payouts/payouts.ts';

type Drafted = Parameters<typeof draftPayouts>[0];

/**
 * Drafts a run in one statement, after splitting the lines of balances that can only be paid in whole units: everybody gets one named outcome, and everybody whom `payability` would pay gets a payout with its
 * lines. Returns the number of payouts.
 */
export async function draftRun(db: Database, run: Drafted): Promise<number> {
  await db.query(sql.unsafe`select carry_forward(${run.id}::uuid)`);
  return db.oneFirst(sql.type(z.strictObject({ count: Count }))`
    with judged as (${runPayability(run)}), ${draftPayouts(run)}, told as (
      insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor, reasons, payout_id)
      select ${run.id}::uuid, judged.partner_id, judged.currency, judged.outcome, judged.payable_minor, judged.reasons, drafted.id
      from judged left join drafted on (drafted.partner_id, drafted.currency) = (judged.partner_id, judged.currency))
    select count(*) from drafted`);
}

const OutcomeRow = z.strictObject({
  partnerId: z.bigint(),
  partner: z.string(),
  currency: Currency,
  outcome: z.enum(OUTCOMES),
  payableMinor: z.bigint(),
  reasons: z.array(z.unknown()),
  payoutId: z.string().nullable(),
});
export type RunOutcome = z.infer<typeof OutcomeRow>;

/** The outcomes of a run by partner and currency, after a cursor. */
export const listOutcomes = (
  db: Database,
  runId: string,
  after: { partnerId: bigint; currency: string },
  limit: number,
): Promise<readonly RunOutcome[]> =>
  db.any(sql.type(OutcomeRow)`
    select outcome.partner_id as "partnerId", partner.code as partner, outcome.currency, outcome.outcome,
      outcome.payable_minor as "payableMinor", outcome.reasons, outcome.payout_id as "payoutId"
    from run_outcome outcome join partner on partner.id = outcome.partner_id
    where outcome.run_id = ${runId}
      and (outcome.partner_id, outcome.currency) > (${String(after.partnerId)}::bigint, ${after.currency})
    order by outcome.partner_id, outcome.currency limit ${limit}`);

const OutcomeTotalRow = z.strictObject({
  outcome: z.enum(OUTCOMES),
  currency: Currency,
  count: Count,
  payableMinor: z.bigint(),
});

export const listOutcomeTotals = (db: Database, runId: string): Promise<readonly z.infer<typeof OutcomeTotalRow>[]> =>
  db.any(sql.type(OutcomeTotalRow)`
    select outcome, currency, count(*) as count, sum(payable_minor)::bigint as "payableMinor"
    from run_outcome where run_id = ${runId} group by outcome, currency order by outcome, currency`);

/** Records why a payout was taken out of its run. */
export const setOutcome = (db: Database, { id, runId }: { id: string; runId: string }, outcome: Outcome) =>
  db.query(sql.unsafe`update run_outcome set outcome = ${outcome} where run_id = ${runId} and payout_id = ${id}`);
