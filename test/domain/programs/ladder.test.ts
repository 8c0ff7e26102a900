import { describe, expect, it } from 'vitest';

import {
  closedWindows,
  type DatedLadder,
  LadderTerms,
  ladderStanding,
  rungAfter,
  whyNotBegin,
  windowDeciding,
  windowOf,
} from '../../../domain/programs/ladder.ts';

const RUNGS = [
  { from: '0', value: 'bronze' },
  { from: '500.00', value: 'silver' },
  { from: '1000.00', value: 'gold' },
];
const wish = { currency: 'USD', window: 'quarter', rungs: RUNGS };
const terms = (more: object = {}) => LadderTerms.parse({ ...wish, ...more });

describe('given the terms of a ladder', () => {
  it.each([
    { more: { rungs: RUNGS.slice(1) }, path: 'rungs.0.from', because: 'there is no lowest rung' },
    { more: { rungs: [...RUNGS, { from: '900.00', value: 'top' }] }, path: 'rungs.3.from', because: 'rungs go up' },
    {
      more: { rungs: [...RUNGS, { from: '2000.00', value: 'silver' }] },
      path: 'rungs.3.value',
      because: 'it is twice',
    },
    { more: { rungs: [{ from: '0.001', value: 'a' }] }, path: 'rungs.0.from', because: 'USD has two digits' },
    { more: { measure: 'reading score' }, path: 'measure', because: 'readings do not add up' },
    { more: { measure: 'amount - count' }, path: 'measure', because: 'no event can have it' },
    { more: { currency: undefined }, path: 'currency', because: 'currencies are not added up' },
    { more: { measure: 'quantity' }, path: 'currency', because: 'units have no currency' },
    { more: { floor: 'iron' }, path: 'floor', because: 'it is not a rung' },
    { more: { floor: 'silver', mayFall: false }, path: 'floor', because: 'nobody falls' },
    { more: { window: 'lifetime' }, path: 'window', because: 'it has no end' },
    { more: { when: { kinds: ['refund'] } }, path: 'when.kinds.0', because: 'a refund takes back' },
  ])('when they cannot be right then they are refused at $path: $because', ({ more, path }) => {
    const { error } = LadderTerms.safeParse({ ...wish, ...more });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});

describe('given a volume and the rung before', () => {
  it.each([
    { volume: 499_99n, before: null, more: {}, value: 'bronze' },
    { volume: 500_00n, before: null, more: {}, value: 'silver' },
    { volume: 9_000_00n, before: 'bronze', more: {}, value: 'gold' },
    { volume: 0n, before: 'gold', more: {}, value: 'bronze' },
    { volume: 0n, before: 'gold', more: { mayFall: false }, value: 'gold' },
    { volume: 1_000_00n, before: 'silver', more: { mayFall: false }, value: 'gold' },
    { volume: 0n, before: 'gold', more: { floor: 'silver' }, value: 'silver' },
    { volume: 0n, before: 'bronze', more: { floor: 'silver' }, value: 'bronze' },
    { volume: 0n, before: 'copper', more: { mayFall: false }, value: 'bronze' },
  ])('when $volume follows $before under $more then the rung is $value', ({ volume, before, more, value }) => {
    expect(rungAfter(terms(more), volume, before)).toBe(value);
  });

  it('when a window goes on then the standing says what the next rung needs', () => {
    expect(ladderStanding(terms(), 420_00n, null)).toEqual({
      volume: '420.00 USD',
      value: 'bronze',
      next: { value: 'silver', at: '500.00 USD', missing: '80.00 USD' },
    });
    expect(ladderStanding(terms({ mayFall: false }), 420_00n, 'gold')).toMatchObject({ value: 'gold', next: null });
  });
});

const version = (id: number, from: string, more: object | null): DatedLadder => ({
  id,
  from,
  terms: more && terms(more),
});
const quarterly = version(1, '2026-01-01', { graceDays: 5 });
const monthly = version(2, '2026-07-01', { window: 'month' });
const ended = version(3, '2026-09-01', null);

describe('given versions of a ladder', () => {
  it.each([
    { day: '2026-03-31', versions: [quarterly], window: undefined, because: 'nothing was counted before' },
    { day: '2026-04-01', versions: [quarterly], window: ['2026-01-01', '2026-04-01', '2026-07-01', '2026-04-06'] },
    { day: '2026-06-30', versions: [quarterly], window: ['2026-01-01', '2026-04-01', '2026-07-01', '2026-04-06'] },
    {
      day: '2026-07-31',
      versions: [quarterly, monthly],
      window: ['2026-04-01', '2026-07-01', '2026-08-01', '2026-07-06'],
      because: 'the last quarter decides the first month',
    },
    {
      day: '2026-08-01',
      versions: [quarterly, monthly],
      window: ['2026-07-01', '2026-08-01', '2026-09-01', '2026-08-01'],
    },
    {
      day: '2026-09-30',
      versions: [quarterly, monthly, ended],
      window: ['2026-08-01', '2026-09-01', '2026-10-01', '2026-09-01'],
      because: 'the last window holds as long as it was',
    },
    { day: '2026-10-01', versions: [quarterly, monthly, ended], window: undefined, because: 'the ladder has ended' },
  ])('when a rung of $day is asked for then the right window decides it', ({ day, versions, window }) => {
    const found = windowDeciding(versions, day);
    expect(found && [found.start, found.from, found.until, found.closesOn]).toEqual(window);
  });

  it.each([
    { today: '2026-03-31', versions: [quarterly], starts: [] },
    { today: '2026-07-05', versions: [quarterly, monthly], starts: ['2026-01-01'], because: 'of its days of grace' },
    { today: '2026-08-01', versions: [quarterly, monthly], starts: ['2026-01-01', '2026-04-01', '2026-07-01'] },
    {
      today: '2026-08-01',
      versions: [version(1, '2026-04-01', { graceDays: 40 }), monthly],
      starts: [],
      because: 'a window is closed after the one before, which has more days of grace',
    },
    {
      today: '2027-03-01',
      versions: [monthly, ended, version(4, '2027-01-01', { window: 'month' })],
      starts: ['2026-07-01', '2026-08-01', '2027-01-01', '2027-02-01'],
      because: 'nothing was counted in between',
    },
  ])('when it is $today then the windows since $starts are closed, in this order', ({ today, versions, starts }) => {
    expect(closedWindows(versions, today).map(({ start }) => start)).toEqual(starts);
  });

  it('when a day is in a window then that decides the next rung', () => {
    expect(windowOf([quarterly, monthly], '2026-05-05')).toMatchObject({ start: '2026-04-01', from: '2026-07-01' });
    expect(windowOf([quarterly, monthly, ended], '2026-09-01')).toBeUndefined();
    expect(windowOf([quarterly], '2025-12-31')).toBeUndefined();
  });

  it.each([
    { from: '2026-10-01', next: {}, reason: undefined },
    { from: '2026-10-02', next: {}, reason: 'is not the first day of a quarter' },
    { from: '2025-10-01', next: {}, reason: undefined },
    { from: '2028-07-01', next: {}, reason: 'is after 2028-06-01: a version begins within two years' },
    { from: '2026-05-01', next: { window: 'month' }, reason: 'is not the first day of a quarter' },
    { from: '2026-07-01', next: { window: 'month' }, reason: undefined },
    { from: '2026-04-01', next: { window: 'year' }, reason: 'is not the first day of a year' },
    { from: '2026-05-01', next: null, reason: 'is not the first day of a quarter' },
  ])('when another one begins on $from with $next then $reason', ({ from, next, reason }) => {
    expect(whyNotBegin([quarterly], { from, terms: next && terms(next) }, '2026-06-01')).toBe(reason);
  });
});
