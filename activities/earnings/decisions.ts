import type { DatabasePool } from 'slonik';

import { advanceDeal } from '../../commands/earnings/deals.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { isDealOver } from '../../domain/earnings/deal.ts';
import type { PolicySubject } from '../../domain/programs/policies.ts';

export type DecisionDeps = {
  db: DatabasePool;
  /** The clock, in epoch milliseconds. */
  now?: () => number;
};

/** Where a deal, a request or a claim stands, and when to look again. */
export type DecisionProgress = { readonly status: string; readonly isOver: boolean; readonly waitMs: number };

/** A timer that waits longer only looks more often than it must. */
const LOOK_EVERY_MS = 30 * DAY_MS;
const LOOK_SOONEST_MS = 1000;

type Advanced = { readonly status: string; readonly dueAt: Date | null };

const ADVANCE: Readonly<
  Record<string, (db: DatabasePool, id: string, nowMs: number) => Promise<Advanced & { isOver: boolean }>>
> = {
  async deal(db, id, nowMs) {
    const { status, dueAt } = await advanceDeal(db, id, nowMs);
    return { status, dueAt, isOver: isDealOver(status) };
  },
};

export const createDecisionActivities = ({ db, now = Date.now }: DecisionDeps) => ({
  /** Brings a deal, a request or a claim to where time and answers have it. May be repeated at any time. */
  async advanceDecision(subject: PolicySubject, id: string): Promise<DecisionProgress> {
    const nowMs = now();
    const advance = ADVANCE[subject];
    if (!advance) throw new RangeError(`there is no ${subject} to advance`);
    const { status, dueAt, isOver } = await advance(db, id, nowMs);
    const waitMs = dueAt === null ? LOOK_EVERY_MS : dueAt.getTime() - nowMs;
    return { status, isOver, waitMs: Math.min(Math.max(waitMs, LOOK_SOONEST_MS), LOOK_EVERY_MS) };
  },
});
