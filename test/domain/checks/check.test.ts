import { describe, expect, it } from 'vitest';

import { checkClock, type PresentedCheck, whyNotPay, whyNotStop } from '../../../domain/checks/check.ts';
import { dormancyClock } from '../../../domain/checks/dormancy.ts';
import { ATTEMPT_STATES } from '../../../domain/payouts/attempt.ts';

describe('given a check that somebody wants to stop', () => {
  it('when the payee may have it, or its state is unknown, then it can be stopped, and otherwise not', () => {
    const stoppable = ATTEMPT_STATES.filter((state) => whyNotStop(state) === undefined);
    expect(stoppable).toEqual(['unknown', 'needs_person', 'accepted', 'on_hold', 'sent', 'stale']);
  });
});

describe('given a check that the bank asks about', () => {
  const ours: PresentedCheck = { isSpoiled: false, state: 'sent', isSameAmount: true, hasStop: false };

  it('when it is outstanding and matches our register then it may be paid', () => {
    expect(whyNotPay(ours)).toBeUndefined();
  });

  it.each([
    { wrong: 'its number is unknown', check: null },
    { wrong: 'its number is spoiled', check: { ...ours, isSpoiled: true, state: null } },
    { wrong: 'its amount differs', check: { ...ours, isSameAmount: false } },
    { wrong: 'somebody requested a stop', check: { ...ours, hasStop: true } },
    { wrong: 'it was paid already', check: { ...ours, state: 'settled' as const } },
    { wrong: 'it failed', check: { ...ours, state: 'failed' as const } },
    { wrong: 'it is unknown whether it was made', check: { ...ours, state: 'unknown' as const } },
  ])('when $wrong then it is returned', ({ check }) => {
    expect(whyNotPay(check)).toBeTypeOf('string');
  });
});

describe('given a check that nobody cashes', () => {
  it.each([
    { date: '2026-11-23', years: 3, dormantOn: '2029-11-23', dueDiligenceOn: '2029-07-26' },
    { date: '2028-02-29', years: 1, dormantOn: '2029-02-28', dueDiligenceOn: '2028-10-31' },
  ])(
    'when its date is $date and the period is $years years then it is dormant on $dormantOn',
    ({ date, years, ...clock }) => {
      expect(dormancyClock(date, years)).toEqual(clock);
    },
  );

  const sent = { state: 'sent' as const, stateAt: new Date('2026-11-25T10:00:00Z'), datedOn: '2026-11-23' };

  it('when it is outstanding then it becomes stale after 180 days, long before it is dormant', () => {
    expect(checkClock(sent, 3)).toMatchObject({ staleOn: '2027-05-24', dormantOn: '2029-11-23' });
  });

  it.each(['settled', 'failed', 'returned', 'spoiled'] as const)('when it is %s then no clock runs', (state) => {
    expect(checkClock({ ...sent, state }, 3)).toEqual({ staleOn: null, dueDiligenceOn: null, dormantOn: null });
  });
});
