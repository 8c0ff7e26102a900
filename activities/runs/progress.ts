import type { Database } from '../../db/database.ts';
import { payOnMs } from '../../commands/runs/disburse.ts';
import { reviewMs } from '../../commands/runs/decide.ts';
import { getRun, PROGRESS_COUNT_MAX, readRunProgress, type Run, setRunDue } from '../../db/runs/runs.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/durations.ts';
import type { RunStatus } from '../../domain/runs/run.ts';

/** The reply to the run's workflow: a status, a time, and a line for the operators, but no amounts. */
export type RunProgress = { status: RunStatus; waitMs: number; summary: string };

const BUSY_WAIT_MS = 500;
const FOLLOW_WAIT_MS_MIN = 1_000;
const FOLLOW_WAIT_MS_MAX = 15 * MINUTE_MS;
/** A release wakes the run. */
const HELD_WAIT_MS = HOUR_MS;
/** Only a person's decision ends these waits, and it wakes the run. */
const PAUSED_WAIT_MS = 10 * MINUTE_MS;
const DUE_GRACE_MS = 5 * MINUTE_MS;

type Counts = Awaited<ReturnType<typeof readRunProgress>>;

/**
 * While payouts wait for room, a run looks often. After that, the longer nothing has moved, the less often it looks, and least often
 * while only people keep it.
 */
function followMs({ waiting, asked, held, quietMs }: Counts): number {
  if (waiting > 0) return BUSY_WAIT_MS;
  if (asked === 0 && held > 0) return HELD_WAIT_MS;
  return Math.min(Math.max(Math.floor(quietMs / 4), FOLLOW_WAIT_MS_MIN), FOLLOW_WAIT_MS_MAX);
}

/** How long a run may wait before it looks again when no signal comes. */
const WAIT_MS: Record<RunStatus, (run: Run, counts: Counts) => number> = {
  preparing: () => BUSY_WAIT_MS,
  review: (run) => DAY_MS - (reviewMs(run) % DAY_MS),
  approved: (run) => Math.max(payOnMs(run) - Date.now(), 0),
  disbursing: (_run, counts) => followMs(counts),
  paused: () => PAUSED_WAIT_MS,
  disbursed: () => 0,
  rejected: () => 0,
  expired: () => 0,
  cancelled: () => 0,
};

const shown = (count: number): string => (count < PROGRESS_COUNT_MAX ? String(count) : `${PROGRESS_COUNT_MAX} or more`);

/** Returns where a run is now, and postpones the time at which the sweep would wake it. */
export async function readProgress(db: Database, runId: string): Promise<RunProgress> {
  const run = await getRun(db, runId);
  const progress = await readRunProgress(db, runId);
  const { waiting, asked, held } = progress;
  const kept = held > 0 ? `, ${shown(held)} held by finance` : '';
  const counts =
    run.status === 'disbursing'
      ? `: ${shown(waiting)} payouts to start, ${shown(asked)} with their providers${kept}`
      : '';
  const waitMs = WAIT_MS[run.status](run, progress);
  await setRunDue(db, runId, waitMs + DUE_GRACE_MS);
  return { status: run.status, waitMs, summary: `${run.status}${counts}` };
}
