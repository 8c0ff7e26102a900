import { sql } from 'slonik';
import { z } from 'zod';

import { type Outcome, OUTCOMES } from '../../domain/payouts/outcome.ts';
import { Count, Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';
import { lockPayerGatewaysShared } from '../payers/payers.ts';
import { runPayability } from '../payouts/payability.ts';
import { draftPayouts, redrawPayouts } from '../payouts/payouts.ts';

type Drafted = Parameters<typeof runPayability>[0];

/**
 * Drafts a run in one statement, after splitting the lines of balances that can only be paid in whole units. Everybody gets one named
 * outcome, and everybody whom `payability` would pay gets a payout with its lines. Nobody switches the payer's gateways meanwhile.
 * Returns the number of payouts.
 */
export async function draftRun(db: Database, run: Drafted): Promise<number> {
  await lockPayerGatewaysShared(db, run.scheduleId);
  await db.query(sql.unsafe`select carry_forward(${run.id}::uuid)`);
  return db.oneFirst(sql.type(z.strictObject({ count: Count }))`
    with judged as (${runPayability(run)}), ${draftPayouts(run)}, told as (
      insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor, reasons, payout_id)
      select ${run.id}::uuid, judged.partner_id, judged.currency, judged.outcome, judged.payable_minor, judged.reasons, drafted.id
      from judged left join drafted on (drafted.partner_id, drafted.currency) = (judged.partner_id, judged.currency))
    select count(*) from drafted`);
}

/**
 * Redraws a run in review in one statement, and returns how many partners' payouts changed, appeared or disappeared. A payout that a
 * person took out stays out. Nobody switches the payer's gateways meanwhile. `seenHash` is the content before.
 */
export async function redrawOutcomes(db: Database, run: Drafted, seenHash: string): Promise<number> {
  await lockPayerGatewaysShared(db, run.scheduleId);
  await db.query(sql.unsafe`select carry_forward(${run.id}::uuid)`);
  return db.oneFirst(sql.type(z.strictObject({ count: Count }))`
    with judged as (${runPayability(run)}), changed as materialized (
      select judged.partner_id, judged.currency, judged.outcome, judged.payable_minor, judged.reasons, judged.method, judged.gateway,
        judged.instrument_version_id, payout.id as payout_id, outcome.outcome as before_outcome, outcome.payable_minor as before_minor
      from judged
      left join run_outcome outcome
        on (outcome.run_id, outcome.partner_id, outcome.currency) = (${run.id}::uuid, judged.partner_id, judged.currency)
      left join payout on payout.id = outcome.payout_id and (payout.status = 'draft' or outcome.outcome = 'excluded')
      where coalesce(outcome.outcome, '') <> 'excluded' and (
        (outcome.outcome, outcome.payable_minor, outcome.reasons)
          is distinct from (judged.outcome, judged.payable_minor, judged.reasons)
        or judged.outcome = 'paid' and (payout.method, payout.gateway, payout.instrument_version_id)
          is distinct from (judged.method, judged.gateway, judged.instrument_version_id))
    ), ${redrawPayouts(run)}, told as (
      insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor, reasons, payout_id)
      select ${run.id}::uuid, changed.partner_id, changed.currency, changed.outcome, changed.payable_minor, changed.reasons, drawn.id
      from changed left join drawn on (drawn.partner_id, drawn.currency) = (changed.partner_id, changed.currency)
      on conflict (run_id, partner_id, currency) do update set outcome = excluded.outcome, payable_minor = excluded.payable_minor,
        reasons = excluded.reasons, payout_id = excluded.payout_id
    ), noted as (
      insert into run_change(run_id, partner_id, currency, before_outcome, before_minor, after_outcome, after_minor, seen_hash)
      select ${run.id}::uuid, partner_id, currency, before_outcome, before_minor, outcome, payable_minor, decode(${seenHash}, 'hex')
      from changed where 'paid' in (before_outcome, outcome)
      returning id
    )
    select count(*) from noted`);
}

/** Notes that a person took a payout out of a run in review, as a redraw notes its changes. */
export const insertExclusion = (db: Database, { id, runId }: { id: string; runId: string }, seenHash: string) =>
  db.query(sql.unsafe`
    insert into run_change(run_id, partner_id, currency, before_outcome, before_minor, after_outcome, after_minor, seen_hash)
    select run_id, partner_id, currency, 'paid', payable_minor, 'excluded', payable_minor, decode(${seenHash}, 'hex')
    from run_outcome where run_id = ${runId} and payout_id = ${id}`);

/** How many partners changed in a run since its content had this hash. Null where it never had. */
export const countChangedSince = (db: Database, runId: string, seenHash: string): Promise<number | null> =>
  db.oneFirst(sql.type(z.strictObject({ count: Count.nullable() }))`
    select case when max(seen.at) is not null then (
      select count(distinct partner_id) from run_change where run_id = ${runId} and at >= max(seen.at)) end as count
    from run_change seen where seen.run_id = ${runId} and seen.seen_hash = decode(${seenHash}, 'hex')`);

const ChangeRow = z.strictObject({
  id: z.bigint(),
  partner: z.string(),
  currency: Currency,
  beforeOutcome: z.enum(OUTCOMES).nullable(),
  beforeMinor: z.bigint().nullable(),
  afterOutcome: z.enum(OUTCOMES),
  afterMinor: z.bigint(),
  at: Instant,
});
export type RunChangeRow = z.infer<typeof ChangeRow>;

/** The changes of a run while it was in review, the oldest first, after a cursor. */
export const listRunChanges = (
  db: Database,
  runId: string,
  after: bigint,
  limit: number,
): Promise<readonly RunChangeRow[]> =>
  db.any(sql.type(ChangeRow)`
    select change.id, partner.code as partner, change.currency, before_outcome as "beforeOutcome", before_minor as "beforeMinor",
      after_outcome as "afterOutcome", after_minor as "afterMinor", at
    from run_change change join partner on partner.id = change.partner_id
    where change.run_id = ${runId} and change.id > ${String(after)}::bigint order by change.id limit ${limit}`);

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
