import { sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import { Failure } from '../../domain/errors.ts';
import { GATEWAYS, METHODS } from '../../domain/rails.ts';
import { PAYOUT_STATUSES, type PayoutStatus } from '../../domain/payouts/payout.ts';
import type { Database } from '../database.ts';
import { Currency, Instant, LocalDate } from '../column-types.ts';

const PayoutRow = z.strictObject({
  id: z.string(),
  runId: z.string(),
  payerId: z.number(),
  partnerId: z.bigint(),
  /** The partner's code. */
  partner: z.string(),
  currency: Currency,
  method: z.enum(METHODS),
  gateway: z.enum(GATEWAYS),
  gross: z.bigint(),
  withheld: z.bigint(),
  fee: z.bigint(),
  net: z.bigint(),
  instrumentVersionId: z.string(),
  status: z.enum(PAYOUT_STATUSES),
  statusReason: z.string().nullable(),
  /** Of the attempt that may pay, or did. */
  attemptState: z.enum(ATTEMPT_STATES).nullable(),
  attemptReason: z.string().nullable(),
  /** The payout that this one is made in the place of. */
  replacesId: z.string().nullable(),
  /** The end of the run's period: the cut-off's local date. */
  periodEnd: LocalDate,
  createdAt: Instant,
  statusAt: Instant,
});
/** One partner's payment of one run, in one currency. Amounts are minor units of it. */
export type Payout = z.infer<typeof PayoutRow>;

const selectPayout = sql.fragment`
  select payout.id, payout.run_id as "runId", schedule.payer_id as "payerId", payout.partner_id as "partnerId",
    partner.code as partner, payout.currency, payout.method,
    payout.gateway, payout.gross_minor as "gross", payout.withheld_minor as "withheld", payout.fee_minor as "fee",
    payout.net_minor as "net", payout.instrument_version_id as "instrumentVersionId",
    payout.status, payout.status_reason as "statusReason", attempt.state as "attemptState", attempt.reason as "attemptReason",
    payout.replaces_id as "replacesId", run.period_end as "periodEnd", payout.created_at as "createdAt",
    payout.status_at as "statusAt"
  from payout join payout_run run on run.id = payout.run_id join pay_schedule schedule on schedule.id = run.schedule_id
  join partner on partner.id = payout.partner_id
  left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'`;

export async function getPayout(db: Database, id: string): Promise<Payout> {
  const payout = await db.maybeOne(sql.type(PayoutRow)`${selectPayout} where payout.id = ${id}`);
  if (!payout) throw new Failure('not_found', `There is no payout ${id}.`);
  return payout;
}

/** Reads a payout and keeps it for this transaction; always before its attempt. */
export async function lockPayout(db: Database, id: string): Promise<Payout> {
  await db.query(sql.unsafe`select from payout where id = ${id} for update`);
  return getPayout(db, id);
}

export type PayoutFilter = {
  runId?: string | undefined;
  partnerId?: bigint | undefined;
  status?: PayoutStatus | undefined;
  method?: string | undefined;
};

/** Payouts in the order of their ids, after a cursor. */
export const listPayouts = (
  db: Database,
  filter: PayoutFilter,
  after: string | null,
  limit: number,
): Promise<readonly Payout[]> =>
  db.any(sql.type(PayoutRow)`
    ${selectPayout}
    where (${filter.runId ?? null}::uuid is null or payout.run_id = ${filter.runId ?? null}::uuid)
      and (${filter.partnerId === undefined ? null : String(filter.partnerId)}::bigint is null
        or payout.partner_id = ${filter.partnerId === undefined ? null : String(filter.partnerId)}::bigint)
      and (${filter.status ?? null}::text is null or payout.status = ${filter.status ?? null})
      and (${filter.method ?? null}::text is null or payout.method = ${filter.method ?? null})
      and (${after}::uuid is null or payout.id > ${after}::uuid)
    order by payout.id limit ${limit}`);

/**
 * Takes the next approved payouts of a run to be executed, in id order, or those alone that could go into a batch; whoever takes
 * them starts them, or else the sweep does.
 */
export async function takeStartablePayouts(
  db: Database,
  runId: string,
  limit: number,
  only: Pick<Payout, 'gateway' | 'currency'> | null = null,
): Promise<readonly Payout[]> {
  const ids = await db.anyFirst(sql.type(z.object({ id: z.string() }))`
    update payout set status = 'executing', due_at = now() + interval '1 minute'
    where id in (
      select id from payout where run_id = ${runId} and status = 'approved'
        and (${only?.gateway ?? null}::text is null or (gateway, currency) = (${only?.gateway ?? null}, ${only?.currency ?? null}))
      order by id limit ${limit} for update)
    returning id`);
  return listPayoutsById(db, ids);
}

/** These payouts, in the order of their ids. */
export const listPayoutsById = (db: Database, ids: readonly string[]): Promise<readonly Payout[]> =>
  db.any(sql.type(PayoutRow)`${selectPayout} where payout.id = any(${sql.array(ids, 'uuid')}) order by payout.id`);

/** Moves a payout; the database refuses a step that its table of edges forbids. A payout that ends without pay frees its lines. */
export async function updatePayout(
  db: Database,
  id: string,
  status: PayoutStatus,
  reason: string | null,
): Promise<void> {
  await db.query(sql.unsafe`update payout set status = ${status}, status_reason = ${reason} where id = ${id}`);
  if (status === 'failed' || status === 'returned' || status === 'cancelled')
    await db.query(
      sql.unsafe`update payout_line set released_at = now() where payout_id = ${id} and released_at is null`,
    );
}

/** Says when somebody should look at a payout next, whatever happens to its workflow. */
export const setPayoutDue = (db: Database, id: string, dueInMs: number) =>
  db.query(sql.unsafe`update payout set due_at = now() + ${dueInMs} * interval '1 millisecond' where id = ${id}`);

/**
 * Says that a payout waits for its run's or gateway's resume, and need not be looked at before. Where the pause is over by now it
 * is due at once: the lock lets a resume, which makes due what waited, come either wholly before this or wholly after it.
 */
export const holdPayout = (db: Database, id: string, dueInMs: number) =>
  db.query(sql.unsafe`
    with held as (select run_id, gateway from payout where id = ${id}),
      run as (select status from payout_run where id = (select run_id from held) for share),
      pause as (select gateway from gateway_pause where gateway = (select gateway from held) for share)
    update payout set due_at = now() + case
      when exists (select from pause) or exists (select from run where status = 'paused')
      then ${dueInMs} * interval '1 millisecond' else interval '0' end
    where id = ${id}`);

/** Whether a payout may go to a provider now: its run is being paid, and its gateway is not paused. Undefined, or why not. */
export async function whyNotSubmit(db: Database, payout: Payout): Promise<'run_paused' | 'gateway_paused' | undefined> {
  const row = await db.one(sql.type(z.strictObject({ run_paused: z.boolean(), gateway_paused: z.boolean() }))`
    select (select status = 'paused' from payout_run where id = ${payout.runId}) as run_paused,
      exists (select from gateway_pause where gateway = ${payout.gateway}) as gateway_paused`);
  if (row.gateway_paused) return 'gateway_paused';
  return row.run_paused ? 'run_paused' : undefined;
}

const LineRow = z.strictObject({
  id: z.bigint(),
  program: z.string(),
  kind: z.string(),
  minor: z.bigint(),
  currency: Currency,
  earningCount: z.number(),
  availableOn: LocalDate,
  releasedAt: Instant.nullable(),
});

/** The earning lines that make up a payout. */
export const listPayoutLines = (db: Database, payoutId: string): Promise<readonly z.infer<typeof LineRow>[]> =>
  db.any(sql.type(LineRow)`
    select line.id, program.code as program, line.kind, line.amount_minor as "minor", line.currency,
      line.earning_count as "earningCount", line.available_on as "availableOn",
      taken.released_at as "releasedAt"
    from payout_line taken join earning_line line on line.id = taken.earning_line_id join program on program.id = line.program_id
    where taken.payout_id = ${payoutId} order by line.id`);

const ExplainedRow = z.strictObject({
  lineId: z.bigint(),
  source: z.string(),
  eventId: z.string(),
  kind: z.string(),
  occurredAt: Instant,
  incentive: z.string(),
  plan: z.string().nullable(),
  planVersion: z.number().nullable(),
  minor: z.bigint(),
  currency: Currency,
  availableOn: LocalDate,
  explanation: z.record(z.string(), z.unknown()),
});

/**
 * A payout down to its events: which earning came from which event under which plan version, and how it was worked out. What came
 * back in part and was given to the partner again has no event: it names the payout that it came from and who decided.
 */
export const listPayoutEarnings = (
  db: Database,
  payoutId: string,
  after: { lineId: bigint; key: string },
  limit: number,
): Promise<readonly z.infer<typeof ExplainedRow>[]> =>
  db.any(sql.type(ExplainedRow)`
    with line as (
      select coalesce(line.split_from, line.id) as id
      from payout_line taken join earning_line line on line.id = taken.earning_line_id where taken.payout_id = ${payoutId}
    ), cause as (
      select earning.earning_line_id as "lineId", earning.source, earning.source_id as "eventId", event.kind,
        event.occurred_at as "occurredAt", earning.incentive_id as "incentive",
        plan.code as plan, version.version as "planVersion", earning.amount_minor as "minor", earning.currency,
        earning.available_on as "availableOn",
        earning.explanation
      from line join earning on earning.earning_line_id = line.id
      join event using (source, source_id)
      join plan_version version on version.id = earning.plan_version_id join plan on plan.id = version.plan_id
      union all
      select back.id, 'resolution', resolution.id::text, back.kind, resolution.decided_at, back.kind, null, null, back.amount_minor,
        back.currency, back.available_on, jsonb_build_object('cameBackOf', resolution.payout_id, 'resolution', resolution.id)
      from line join earning_line back on back.id = line.id join resolution on resolution.id = back.resolution_id
    )
    select * from cause
    where ("lineId", source || '/' || "eventId" || '/' || incentive) > (${String(after.lineId)}::bigint, ${after.key})
    order by "lineId", source || '/' || "eventId" || '/' || incentive
    limit ${limit}`);
