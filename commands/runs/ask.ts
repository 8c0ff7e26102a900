import type { DatabasePool } from 'slonik';

import type { Database } from '../../db/database.ts';
import { getSchedule, type Schedule } from '../../db/payers/schedules.ts';
import { listPartnerPayability } from '../../db/payouts/payability.ts';
import { getPayout, type Payout } from '../../db/payouts/payouts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { getRun, insertRun, type NewRun, type Run } from '../../db/runs/runs.ts';
import { localDate } from '../../domain/calendar.ts';
import { Failure } from '../../domain/errors.ts';
import { onDemandRunId } from '../../domain/ids.ts';
import { money } from '../../domain/money.ts';
import { cutoffInstant, lastPeriodBefore, payDate, periodEndingOn } from '../../domain/payers/schedule.ts';
import { explainStanding } from '../../domain/payouts/payability.ts';
import { whyNotReplace } from '../../domain/payouts/replacement.ts';

/** The person who asks for a run, and the idempotency key. The same request opens one run, however often it comes. */
type Request = { actorId: string; key: string; nowMs: number };

export type RunRequest = Request & {
  /** The schedule's code. */
  schedule: string;
  /** Local date, exclusive: the run pays what was earned before it. */
  until: string;
  /** Whether a whole period must end on that date. */
  isWhole: boolean;
};

const IN_REVIEW =
  'Another run of this schedule is still in preparation or review. No run was opened. Decide or cancel that run first.';
const REPLACED_ALREADY =
  'Another replacement of this payout is under way. No run was opened. Decide or cancel that run first.';

/**
 * Opens a run on demand, or returns the one that this request opened before. Throws Failure `invalid_input` where no period ends
 * on the date of a whole one, `run_period_open` or `run_already_exists`.
 */
export async function askForRun(
  db: DatabasePool,
  { schedule: code, until, isWhole, ...request }: RunRequest,
): Promise<Run> {
  const schedule = await getSchedule(db, code);
  if (isWhole) periodEndingOn(schedule, until);
  const run = onDemandRun(schedule, until, request);
  const detail = { schedule: code, periodEnd: until };
  return db.transaction((tx) => open(tx, run, 'run.ask', request.actorId, detail, IN_REVIEW));
}

export type ReplacementRequest = Request & { payoutId: string; reason: string };

/**
 * Opens a run that pays one partner again, once it is proved that the first payout can no longer pay. Throws Failure
 * `payout_not_replaceable` or `run_already_exists`.
 */
export async function askForReplacement(
  db: DatabasePool,
  { payoutId, reason, ...request }: ReplacementRequest,
): Promise<Run> {
  const replaced = await getPayout(db, payoutId);
  const why = whyNotReplace(replaced.status, replaced.attemptState);
  if (why) throw new Failure('payout_not_replaceable', `No run was opened to replace payout ${replaced.id}: ${why}`);
  const run = replacementRun(replaced, await getRun(db, replaced.runId), reason, request);
  const detail = { payout: replaced.id, reason };
  return db.transaction(async (tx) => {
    const opened = await open(tx, run, 'run.replace', request.actorId, detail, REPLACED_ALREADY);
    if (opened.status === 'preparing') await refuseIfUnpayable(tx, replaced, opened, request.nowMs);
    return opened;
  });
}

/** Refuses a replacement that would pay nobody, with every reason against it and the day on which it ends. */
async function refuseIfUnpayable(tx: Database, replaced: Payout, run: Run, nowMs: number): Promise<void> {
  const rows = await listPartnerPayability(
    tx,
    run.scheduleId,
    { start: run.periodStart, end: run.periodEnd },
    replaced.partnerId,
  );
  const row = rows.find(({ currency }) => currency === replaced.currency);
  if (!row || row.outcome === 'paid') return;
  const of = (minor: bigint) => money(minor, row.currency);
  const standing = {
    ...row,
    payable: of(row.payableMinor),
    reserved: of(row.reservedMinor),
    minimum: of(row.minimumMinor),
  };
  const { reasons } = explainStanding(standing, await getSchedule(tx, run.schedule), nowMs);
  const said = reasons.map(({ words, until }) =>
    until === null || words.includes(until) ? words : `${words} Until ${until}.`,
  );
  throw new Failure(
    'payout_not_replaceable',
    `No run was opened to replace payout ${replaced.id}, because it could pay nobody. The partner is told: ${said.join(' ')}`,
  );
}

async function open(
  tx: Database,
  run: NewRun,
  action: string,
  actorId: string,
  detail: Record<string, string>,
  blocked: string,
): Promise<Run> {
  const outcome = await insertRun(tx, run);
  if (outcome === 'blocked') throw new Failure('run_already_exists', blocked);
  if (outcome === 'opened') await addAuditEntry(tx, { actorId, action, subject: `run/${run.id}`, detail });
  return getRun(tx, run.id);
}

/** The run that somebody asks for: the whole period that ends on that day, or the part of a period that has passed by then. */
function onDemandRun(schedule: Schedule, periodEnd: string, { actorId, key, nowMs }: Request): NewRun {
  const today = localDate(nowMs, schedule.zone);
  if (periodEnd > today)
    throw new Failure(
      'run_period_open',
      `Today is ${today} in ${schedule.zone}, so the period until ${periodEnd} is not over. No run was opened. Ask again on ${periodEnd}, or name an earlier date.`,
    );
  const cutoffAtMs = cutoffInstant(schedule, periodEnd);
  const last = lastPeriodBefore(schedule, cutoffAtMs);
  const regular = payDate(schedule, periodEnd); // this date has passed for an old period, which is paid today
  return {
    id: onDemandRunId(schedule.code, `${actorId}/${key}/${periodEnd}`), // a key may be used again once it is forgotten
    scheduleId: schedule.id,
    kind: 'on_demand',
    periodStart: last.end === periodEnd ? last.start : last.end,
    periodEnd,
    redo: 0,
    cutoffAtMs,
    payOn: regular > today ? regular : today,
    preparerId: actorId,
  };
}

/** A run that pays what its period owed this partner, to the partner's current instrument. */
const replacementRun = (replaced: Payout, run: Run, reason: string, { actorId, key, nowMs }: Request): NewRun => ({
  id: onDemandRunId(run.schedule, `${actorId}/${replaced.id}/${key}`),
  scheduleId: run.scheduleId,
  kind: 'on_demand',
  periodStart: run.periodStart,
  periodEnd: run.periodEnd,
  redo: 0,
  cutoffAtMs: run.cutoffAt.getTime(),
  payOn: localDate(nowMs, run.zone),
  preparerId: actorId,
  replaces: { payoutId: replaced.id, reason },
});
