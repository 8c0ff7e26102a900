import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import { Failure } from '../../domain/errors.ts';
import { type GatewayName, GATEWAYS, METHODS } from '../../domain/rails.ts';
import { PAYOUT_STATUSES, type PayoutStart, type PayoutStatus } from '../../domain/payouts/payout.ts';
import type { Database } from '../database.ts';
import { lockPauses } from './pauses.ts';
import { PayoutStartRow, startColumns } from './starts.ts';
import { Currency, Instant, LocalDate } from '../column-types.ts';

export const PayoutRow = z.strictObject({
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
  /** The reason of a person who takes it out of its approved run. */
  cutReason: z.string().nullable(),
  /** Since when a person holds it, and why. */
  heldAt: Instant.nullable(),
  heldReason: z.string().nullable(),
  /** The state of the attempt that can pay, or that paid. */
  attemptState: z.enum(ATTEMPT_STATES).nullable(),
  attemptReason: z.string().nullable(),
  /** The payout that this one replaces. */
  replacesId: z.string().nullable(),
  /** The end of the run's period: the local date of its cut-off. */
  periodEnd: LocalDate,
  createdAt: Instant,
  statusAt: Instant,
});
/** One partner's payment in one run and one currency. Amounts are minor units of that currency. */
export type Payout = z.infer<typeof PayoutRow>;

/** The part of a query that reads payouts from a table or a part of it. */
export const selectFrom = (payouts: FragmentSqlToken) => sql.fragment`
  select payout.id, payout.run_id as "runId", schedule.payer_id as "payerId", payout.partner_id as "partnerId",
    partner.code as partner, payout.currency, payout.method, payout.gateway, payout.gross_minor as "gross",
    payout.withheld_minor as "withheld", payout.fee_minor as "fee", payout.net_minor as "net",
    payout.instrument_version_id as "instrumentVersionId", payout.status, payout.status_reason as "statusReason",
    payout.cut_reason as "cutReason", payout.held_at as "heldAt", payout.held_reason as "heldReason",
    attempt.state as "attemptState", attempt.reason as "attemptReason", payout.replaces_id as "replacesId",
    run.period_end as "periodEnd", payout.created_at as "createdAt", payout.status_at as "statusAt"
  from ${payouts} join payout_run run on run.id = payout.run_id join pay_schedule schedule on schedule.id = run.schedule_id
  join partner on partner.id = payout.partner_id
  left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'`;
const selectPayout = selectFrom(sql.fragment`payout`);

export async function getPayout(db: Database, id: string): Promise<Payout> {
  const payout = await db.maybeOne(sql.type(PayoutRow)`${selectPayout} where payout.id = ${id}`);
  if (!payout) throw new Failure('not_found', `There is no payout ${id}.`);
  return payout;
}

/** Reads and locks a payout, and with it its attempts, for this transaction. */
export async function lockPayout(db: Database, id: string): Promise<Payout> {
  await db.query(sql.unsafe`select from payout where id = ${id} for update`);
  return getPayout(db, id);
}

/**
 * Takes the next approved payouts of a run that nobody holds, in the order of their ids, or only those that could go into one batch, and
 * moves them to executing. The caller starts them. Otherwise the sweep does.
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
      select id from payout where run_id = ${runId} and status = 'approved' and held_at is null
        and (${only?.gateway ?? null}::text is null or (gateway, currency) = (${only?.gateway ?? null}, ${only?.currency ?? null}))
      order by id limit ${limit} for update)
    returning id`);
  return listPayoutsById(db, ids);
}

/** These payouts, in the order of their ids. */
export const listPayoutsById = (db: Database, ids: readonly string[]): Promise<readonly Payout[]> =>
  db.any(sql.type(PayoutRow)`${selectPayout} where payout.id = any(${sql.array(ids, 'uuid')}) order by payout.id`);

/** Moves a payout. The database refuses a step that its table of edges forbids. A payout that ends unpaid frees its lines. */
export async function updatePayout(
  db: Database,
  id: string,
  status: PayoutStatus,
  reason: string | null,
): Promise<void> {
  const move = sql.fragment`update payout set status = ${status}, status_reason = ${reason} where id = ${id}`;
  const isOver = status === 'failed' || status === 'returned' || status === 'cancelled';
  await db.query(isOver ? endPayouts(move) : sql.unsafe`${move}`);
}

/** Ends payouts and frees their lines in one statement, because the database lets a payout do neither without the other. */
const endPayouts = (move: FragmentSqlToken) => sql.unsafe`
  with ended as (${move} returning id)
  update payout_line line set released_at = now() from ended where line.payout_id = ended.id and line.released_at is null`;

/** Notes that a person takes a payout out of its approved run. Nobody asks its provider from now on. */
export const setCutReason = (db: Database, id: string, reason: string) =>
  db.query(sql.unsafe`update payout set cut_reason = ${reason} where id = ${id}`);

/** Holds a payout back from its provider, or releases it. */
export const setHold = (db: Database, id: string, hold: { by: string; reason: string } | null) =>
  db.query(sql.unsafe`
    update payout set held_at = case when ${hold !== null} then now() end, held_by = ${hold?.by ?? null},
      held_reason = ${hold?.reason ?? null} where id = ${id}`);

/** Sets the time at which a payout is due, whatever happens to its workflow. */
export const setPayoutDue = (db: Database, id: string, dueInMs: number) =>
  db.query(sql.unsafe`update payout set due_at = now() + ${dueInMs} * interval '1 millisecond' where id = ${id}`);

/** Says that a payout waits for its release, or the resume of its run or gateway. It is due at once where that is over by now. */
export const waitForResume = (db: Database, id: string, dueInMs: number) =>
  db.query(sql.unsafe`
    with ${lockPauses(sql.fragment`payout where id = ${id}`)}
    update payout set due_at = now() + case
      when held_at is not null or exists (select from paused) then ${dueInMs} * interval '1 millisecond' else interval '0' end
    where id = ${id}`);

/** The payouts to make due: one, or those of a run or gateway. */
export type DuePayouts = { id: string } | { runId: string } | { gateway: GatewayName };

/** Makes payouts due now: one that a person acted on, or those under way that waited for the resume of their run or gateway. */
export const makePayoutsDue = (db: Database, which: DuePayouts) =>
  db.query(sql.unsafe`
    update payout set due_at = now()
    where id in (
      select id from payout where ${
        'id' in which
          ? sql.fragment`id = ${which.id}`
          : 'runId' in which
            ? sql.fragment`run_id = ${which.runId} and status = 'executing'`
            : sql.fragment`gateway = ${which.gateway} and status = 'executing'`
      } order by id for update)`);

/** Sets the time at which the payouts of a batch are due. Before it, the batch tells each of them when to continue. */
export const setBatchPayoutsDue = (db: Database, batchId: string, dueInMs: number) =>
  db.query(sql.unsafe`
    update payout set due_at = now() + ${dueInMs} * interval '1 millisecond'
    where id in (
      select payout.id from payout join payout_attempt attempt on attempt.payout_id = payout.id
      where attempt.batch_id = ${batchId} and attempt.state <> 'failed' order by payout.id for update of payout)`);

type Drafted = { id: string; replacesId: string | null };

/** The part of a statement that gives the payouts of an earlier part every line that their run may draft. */
const takeLines = (drafts: FragmentSqlToken, runId: string) => sql.fragment`
  taken as (
    insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor)
    select payout.id, line.id, line.partner_id, line.currency, line.amount_minor
    from ${drafts} payout join free_lines(${runId}::uuid) line using (partner_id, currency))`;

/**
 * The parts of a statement that draft a run: a payout for everybody whom `judged`, the part before them, would pay, with every line
 * that is free before the cut-off. A payout and its lines are written in one statement.
 */
export const draftPayouts = ({ id, replacesId }: Drafted) => sql.fragment`
  drafted as (
    insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id, replaces_id)
    select payout_id(${id}::uuid, partner_id, currency), ${id}::uuid, partner_id, currency, method, gateway, payable_minor,
      payable_minor, instrument_version_id, ${replacesId}::uuid
    from judged where outcome = 'paid'
    returning id, partner_id, currency
  ), ${takeLines(sql.fragment`drafted`, id)}`;

/**
 * The parts of a statement that redraws a run in review: drafts of `changed`, the part before them, end, change in place or begin, and
 * take every line that is free before the cut-off. A payout and its lines change in one statement. A hold stays with the partner.
 */
export const redrawPayouts = ({ id, replacesId }: Drafted) => sql.fragment`
  ended as (
    update payout set status = 'cancelled', status_reason = changed.outcome from changed
    where payout.id = changed.payout_id and changed.outcome <> 'paid' returning payout.id
  ), freed as (
    update payout_line line set released_at = now() from ended where line.payout_id = ended.id and line.released_at is null
  ), moved as (
    update payout set gross_minor = changed.payable_minor, net_minor = changed.payable_minor - withheld_minor - fee_minor,
      method = changed.method, gateway = changed.gateway, instrument_version_id = changed.instrument_version_id
    from changed where payout.id = changed.payout_id and changed.outcome = 'paid'
    returning payout.id, payout.partner_id, payout.currency
  ), added as (
    insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id, replaces_id,
      held_at, held_by, held_reason)
    select payout_id(${id}::uuid, partner_id, currency, (
        select count(*) from payout old where (old.run_id, old.partner_id, old.currency) = (${id}::uuid, changed.partner_id, changed.currency))),
      ${id}::uuid, partner_id, currency, method, gateway, payable_minor, payable_minor, instrument_version_id, ${replacesId}::uuid,
      earlier.held_at, earlier.held_by, earlier.held_reason
    from changed left join lateral (
      select held_at, held_by, held_reason from payout old
      where (old.run_id, old.partner_id, old.currency) = (${id}::uuid, changed.partner_id, changed.currency)
      order by old.created_at desc limit 1) earlier on true
    where outcome = 'paid' and payout_id is null
    returning id, partner_id, currency
  ), drawn as (
    select * from moved union all select * from added
  ), ${takeLines(sql.fragment`drawn`, id)}`;

/** Ends the payouts of a run that was not approved, or not started, and frees their lines. */
export async function cancelRunPayouts(db: Database, runId: string, reason: string): Promise<void> {
  await db.query(
    endPayouts(sql.fragment`
      update payout set status = 'cancelled', status_reason = ${reason} where run_id = ${runId} and status in ('draft', 'approved')`),
  );
}

export const approveRunPayouts = (db: Database, runId: string) =>
  db.query(sql.unsafe`update payout set status = 'approved' where run_id = ${runId} and status = 'draft'`);

/** The days for which a provider is polled daily after people have said whether it paid. A contradiction raises an alarm. */
const WATCH_DAYS = 90;

/**
 * Takes the next payouts that are under way and overdue, and makes them due again in a minute, in case the caller does not reach
 * them. A run starts its approved payouts itself, and a batch looks after the payouts in it. A payout that settled and then bounced is
 * under way again, although it stays settled until the money is back. A payout about which people have decided is taken too: the
 * decision is applied, and the provider is then watched.
 */
export const takeOverduePayouts = (db: Database, limit: number): Promise<readonly PayoutStart[]> =>
  db.any(sql.type(PayoutStartRow)`
    with reopened as (
      select attempt.payout_id as id from attempt_history history join payout_attempt attempt on attempt.id = history.attempt_id
      where history.from_state = 'settled' and history.to_state not in ('settled', 'returned')
        and attempt.state not in ('settled', 'returned', 'failed'))
    update payout set due_at = now() + case
      when payout.status in ('executing', 'sent') or payout.id in (select id from reopened) then interval '1 minute'
      else interval '1 day' end
    from partner
    where partner.id = payout.partner_id and payout.id in (
      select id from payout
      where due_at <= now() and (status in ('executing', 'sent') and not exists (
          select from payout_attempt attempt where attempt.payout_id = payout.id
            and attempt.batch_id is not null and attempt.state in ('prepared', 'submitted', 'unknown'))
        or id = any(array(
        select id from reopened
        union all
        select payout_id from resolution where status = 'confirmed'
        union all
        select resolution.payout_id from resolution join payout_attempt attempt on attempt.id = resolution.attempt_id
        where resolution.status = 'applied' and resolution.outcome in ('paid', 'not_paid') and attempt.provider_ref is not null
          and resolution.ended_at > now() - ${WATCH_DAYS} * interval '1 day')))
      order by due_at, id limit ${limit} for update skip locked)
    returning ${startColumns}`);

/** Takes the next payouts that follow their own payment from now on, in the order of their ids. The sweep picks up any that are missed. */
export const takeHandOver = (db: Database, batchId: string, limit: number): Promise<readonly PayoutStart[]> =>
  db.any(sql.type(PayoutStartRow)`
    with next as (
      select payout.id as payout_id from payout_attempt attempt join provider_batch batch on batch.id = attempt.batch_id
      join payout on payout.id = attempt.payout_id
      where attempt.batch_id = ${batchId} and attempt.state <> 'failed'
        and (batch.handed_to is null or attempt.payout_id > batch.handed_to)
      order by attempt.payout_id limit ${limit} for update of payout
    ), due as (
      update payout set due_at = now() + interval '1 minute' from next, partner
      where payout.id = next.payout_id and partner.id = payout.partner_id
      returning ${startColumns}
    )
    select * from due order by id`);
