import type { DatabasePool } from 'slonik';

import { advanceDeal } from '../../commands/earnings/deals.ts';
import { advanceClaim } from '../../commands/earnings/fund-claims.ts';
import { advanceRequest } from '../../commands/earnings/requests.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { isDealOver } from '../../domain/earnings/deal.ts';
import { isRequestOver } from '../../domain/earnings/request.ts';
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

type Advance = (db: DatabasePool, id: string, nowMs: number) => Promise<Advanced & { readonly isOver: boolean }>;

const advanceAs =
  <Status extends string>(
    advance: (db: DatabasePool, id: string, nowMs: number) => Promise<{ status: Status; dueAt: Date | null }>,
    isOver: (status: Status) => boolean,
  ): Advance =>
  async (db, id, nowMs) => {
    const { status, dueAt } = await advance(db, id, nowMs);
    return { status, dueAt, isOver: isOver(status) };
  };

const ADVANCE: Readonly<Record<PolicySubject, Advance>> = {
  deal: advanceAs(advanceDeal, isDealOver),
  request: advanceAs(advanceRequest, isRequestOver),
  claim: advanceAs(advanceClaim, isRequestOver),
};

export const createDecisionActivities = ({ db, now = Date.now }: DecisionDeps) => ({
  /** Brings a deal, a request or a claim to where time and answers have it. May be repeated at any time. */
  async advanceDecision(subject: PolicySubject, id: string): Promise<DecisionProgress> {
    const nowMs = now();
    const { status, dueAt, isOver } = await ADVANCE[subject](db, id, nowMs);
    const waitMs = dueAt === null ? LOOK_EVERY_MS : dueAt.getTime() - nowMs;
    return { status, isOver, waitMs: Math.min(Math.max(waitMs, LOOK_SOONEST_MS), LOOK_EVERY_MS) };
  },
});
