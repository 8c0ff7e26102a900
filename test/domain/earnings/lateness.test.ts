import { describe, expect, it } from 'vitest';

import { closingsOf, placingBy } from '../../../domain/earnings/lateness.ts';
import { IncentiveTerms } from '../../../domain/programs/incentives/index.ts';

const [JANUARY, FEBRUARY, MARCH, APRIL] = ['2026-01-01', '2026-02-01', '2026-03-01', '2026-04-01'];

/** January was closed by event 10, February by 20 and March by 30. */
const CLOSINGS = closingsOf(
  [JANUARY, FEBRUARY, MARCH].map((start, index) => ({
    partnerId: 1n,
    incentiveId: 'bonus',
    window: 'month',
    start,
    closingId: BigInt(index + 1) * 10n,
  })),
);

const terms = (lateAfterClose: 'next-window' | 'keep-out') =>
  IncentiveTerms.parse({
    id: 'bonus',
    window: 'month',
    unit: 'USD',
    earned: 'at-close',
    lateAfterClose,
    pay: { rule: 'percent', percent: '10' },
  });

describe('given three months that are closed, and the revisions of an event with their ids', () => {
  it.each([
    { came: [[5n, JANUARY]], next: JANUARY, out: JANUARY, because: 'it came before January was closed' },
    { came: [[15n, JANUARY]], next: FEBRUARY, out: null, because: 'it came after January was closed' },
    { came: [[35n, JANUARY]], next: APRIL, out: null, because: 'it came after all were closed' },
    {
      came: [
        [15n, JANUARY],
        [35n, JANUARY],
      ],
      next: FEBRUARY,
      out: null,
      because: 'it was late, and stays where it counts',
    },
    {
      came: [
        [5n, JANUARY],
        [15n, APRIL],
      ],
      next: APRIL,
      out: APRIL,
      because: 'it moves to an open month',
    },
    {
      came: [
        [5n, JANUARY],
        [15n, APRIL],
        [35n, JANUARY],
      ],
      next: JANUARY,
      out: JANUARY,
      because: 'January counted it',
    },
    {
      came: [
        [4n, JANUARY],
        [5n, APRIL],
        [35n, JANUARY],
      ],
      next: APRIL,
      out: null,
      because: 'it had left January',
    },
    {
      came: [
        [15n, FEBRUARY],
        [35n, JANUARY],
      ],
      next: FEBRUARY,
      out: null,
      because: 'February counted it',
    },
    {
      came: [
        [15n, MARCH],
        [25n, APRIL],
        [35n, FEBRUARY],
      ],
      next: APRIL,
      out: null,
      because: 'it had left March',
    },
  ])(
    'when it came as $came then it counts in $next, or in $out if late events are kept out: $because',
    ({ came, next, out }) => {
      const revisions = came.map(([eventId, start]) => ({
        eventId: eventId as bigint,
        startBy: () => start as string,
      }));
      const own = revisions.at(-1)?.startBy() ?? '';
      const placed = (late: 'next-window' | 'keep-out') => placingBy(CLOSINGS, 1n, revisions)(terms(late), own);
      expect(placed('next-window')).toEqual({ start: next, lateFor: next === own ? null : `month ${own}` });
      expect(placed('keep-out')).toEqual({ start: out, lateFor: out === own ? null : `month ${own}` });
    },
  );
});
