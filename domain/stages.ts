import { Temporal } from 'temporal-polyfill';

import { addDays, type ClosedDates, isBusinessDay, localDate, startOfDay } from './calendar.ts';
import type { ApproverRole, Rule, Stage, Within } from './policy.ts';

/** Where a decision stands that people make in stages. It follows from the answers and the clock alone. */

/** A person's answer in a stage, numbered from 1 on. */
export type Answer = { readonly stage: number; readonly decision: 'approve' | 'decline'; readonly atMs: number };

/** The zone in which days end, and the days on which banks are closed besides weekends. */
export type Days = { readonly zone: string; readonly closed: ClosedDates };

export type Standing =
  | { readonly status: 'approved'; readonly reason: null }
  | { readonly status: 'declined' | 'expired'; readonly reason: string | null }
  | {
      readonly status: 'waiting';
      /** The stage, from 1 on, and the people who may answer. The role that was asked first may still answer after an escalation. */
      readonly stage: number;
      readonly roles: readonly ApproverRole[];
      readonly isEscalated: boolean;
      /** How many more people must approve. */
      readonly missing: number;
      /** When the time to answer ends, in epoch milliseconds. */
      readonly dueAtMs: number;
    };

/** The instant at which a time to answer is over: the end of its last day. */
export function endOf({ days, counted }: Within, sinceMs: number, { zone, closed }: Days): number {
  let day = localDate(sinceMs, zone);
  for (let left = days; left > 0;) {
    day = addDays(day, 1);
    if (counted === 'calendar' || isBusinessDay(Temporal.PlainDate.from(day), closed)) left -= 1;
  }
  return startOfDay(addDays(day, 1), zone);
}

/** The standing of a rule's decision that was asked for at an instant. Answers that came when their stage was over do not count. */
export function standingOf(
  { automatic, stages = [] }: Pick<Rule, 'automatic' | 'stages'>,
  answers: readonly Answer[],
  { askedAtMs, nowMs, days }: { readonly askedAtMs: number; readonly nowMs: number; readonly days: Days },
): Standing {
  if (automatic === 'approve') return { status: 'approved', reason: null };
  if (automatic) return { status: 'declined', reason: automatic.decline };
  let sinceMs = askedAtMs;
  for (const [index, stage] of stages.entries()) {
    const times = timesOf(stage, sinceMs, days);
    const given = answers.filter((answer) => answer.stage === index + 1 && answer.atMs < times.endMs);
    if (given.some(({ decision }) => decision === 'decline')) return { status: 'declined', reason: null };
    const last = given[stage.approvals - 1];
    if (last) sinceMs = last.atMs;
    else return standingIn(stage, index + 1, stage.approvals - given.length, times, nowMs);
  }
  return { status: 'approved', reason: null };
}

type Times = { readonly escalatesMs: number; readonly endMs: number };

function timesOf({ within, escalate }: Stage, sinceMs: number, days: Days): Times {
  const escalatesMs = endOf(within, sinceMs, days);
  // The last day of the first time is over in the instant in which the second time begins.
  return { escalatesMs, endMs: escalate ? endOf(escalate.within, escalatesMs - 1, days) : escalatesMs };
}

function standingIn(stage: Stage, no: number, missing: number, { escalatesMs, endMs }: Times, nowMs: number): Standing {
  if (nowMs >= endMs)
    return { status: stage.atEnd === 'expire' ? 'expired' : 'declined', reason: 'Nobody answered in time.' };
  const isEscalated = nowMs >= escalatesMs;
  const roles = isEscalated && stage.escalate ? [stage.role, stage.escalate.role] : [stage.role];
  return { status: 'waiting', stage: no, roles, isEscalated, missing, dueAtMs: isEscalated ? endMs : escalatesMs };
}
