import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DAY_MS } from '../../domain/durations.ts';
import type { Stage } from '../../domain/policy.ts';
import { type Answer, endOf, standingOf } from '../../domain/stages.ts';

const DAYS = { zone: 'America/New_York', closed: new Set(['2026-11-26']) };
/** A Wednesday, the day before Thanksgiving. */
const ASKED = Date.parse('2026-11-25T20:00:00Z');
const at = (text: string): number => Date.parse(text);

const FIRST: Stage = {
  role: 'preparer',
  approvals: 2,
  within: { days: 1, counted: 'business' },
  escalate: { role: 'operator', within: { days: 2, counted: 'calendar' } },
  atEnd: 'expire',
};
const SECOND: Stage = { role: 'approver', approvals: 1, within: { days: 1, counted: 'calendar' }, atEnd: 'decline' };
const RULE = { stages: [FIRST, SECOND] };

const approve = (stage: number, text: string): Answer => ({ stage, decision: 'approve', atMs: at(text) });
const standing = (answers: Answer[], now: string) =>
  standingOf(RULE, answers, { askedAtMs: ASKED, nowMs: at(now), days: DAYS });

describe('given a time to answer', () => {
  it.each([
    { within: { days: 1, counted: 'calendar' }, end: '2026-11-27T05:00:00Z', because: 'it ends with the day after' },
    {
      within: { days: 1, counted: 'business' },
      end: '2026-11-28T05:00:00Z',
      because: 'the banks are closed on Thursday',
    },
    { within: { days: 2, counted: 'business' }, end: '2026-12-01T05:00:00Z', because: 'the weekend does not count' },
  ] as const)('when it is $within then it ends at $end: $because', ({ within, end }) => {
    expect(new Date(endOf(within, ASKED, DAYS)).toISOString()).toBe(`${end.slice(0, -1)}.000Z`);
  });
});

describe('given two stages, the first of two people and with an escalation', () => {
  const early = [approve(1, '2026-11-26T12:00:00Z')];
  const first = [...early, approve(1, '2026-11-27T12:00:00Z')];

  it.each([
    { answers: [], now: '2026-11-26T00:00:00Z', is: { stage: 1, missing: 2, roles: ['preparer'], isEscalated: false } },
    { answers: early, now: '2026-11-27T00:00:00Z', is: { stage: 1, missing: 1, isEscalated: false } },
    {
      answers: early,
      now: '2026-11-28T05:00:00Z',
      is: { stage: 1, missing: 1, roles: ['preparer', 'operator'], isEscalated: true },
    },
    { answers: early, now: '2026-11-30T05:00:00Z', is: { status: 'expired', reason: 'Nobody answered in time.' } },
    {
      answers: first,
      now: '2026-11-27T13:00:00Z',
      is: { stage: 2, missing: 1, roles: ['approver'], isEscalated: false },
    },
    { answers: first, now: '2026-11-29T05:00:00Z', is: { status: 'declined', reason: 'Nobody answered in time.' } },
    {
      answers: [...first, approve(2, '2026-11-28T12:00:00Z')],
      now: '2027-01-01T00:00:00Z',
      is: { status: 'approved' },
    },
    {
      answers: [...first, approve(2, '2026-11-29T05:00:00Z')],
      now: '2027-01-01T00:00:00Z',
      is: { status: 'declined' },
    },
    {
      answers: [{ stage: 1, decision: 'decline', atMs: at('2026-11-26T12:00:00Z') } as const],
      now: '2026-11-26T13:00:00Z',
      is: { status: 'declined', reason: null },
    },
  ])('when $answers.length answered by $now then it is $is', ({ answers, now, is }) => {
    expect(standing(answers, now)).toMatchObject(is);
  });

  it('when time passes then it ends by itself, and nobody approves it by saying nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ stage: fc.constantFrom(1, 2), afterMs: fc.nat(20 * DAY_MS) }), { maxLength: 2 }),
        (given) => {
          const answers = given
            .map(({ stage, afterMs }) => ({ stage, decision: 'approve' as const, atMs: ASKED + afterMs }))
            .toSorted((a, b) => a.atMs - b.atMs);
          const late = standingOf(RULE, answers, { askedAtMs: ASKED, nowMs: ASKED + 400 * DAY_MS, days: DAYS });
          expect(['declined', 'expired']).toContain(late.status); // three people must approve
        },
      ),
    );
  });
});
