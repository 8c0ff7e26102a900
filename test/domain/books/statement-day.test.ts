import { describe, expect, it } from 'vitest';

import { isOver, statementDay } from '../../../domain/books/statement-day.ts';

describe("given a day of an account's statement", () => {
  it.each([
    { zone: 'UTC', date: '2026-11-26', from: '2026-11-26T00:00:00.000Z', to: '2026-11-27T00:00:00.000Z' },
    { zone: 'America/New_York', date: '2026-11-26', from: '2026-11-26T05:00:00.000Z', to: '2026-11-27T05:00:00.000Z' },
    { zone: 'Pacific/Auckland', date: '2026-11-26', from: '2026-11-25T11:00:00.000Z', to: '2026-11-26T11:00:00.000Z' },
    { zone: 'Europe/Berlin', date: '2026-10-25', from: '2026-10-24T22:00:00.000Z', to: '2026-10-25T23:00:00.000Z' },
  ])('when it is $date in $zone then it lasts from one local midnight to the next', ({ zone, date, from, to }) => {
    expect(statementDay(date, zone)).toEqual({ date, zone, from: new Date(from), to: new Date(to) });
  });

  it.each([
    { at: '2026-11-27T04:30:00Z', over: { 'Asia/Tokyo': true, 'Europe/Berlin': true, 'America/Los_Angeles': false } },
    { at: '2026-11-27T12:30:00Z', over: { 'Asia/Tokyo': true, 'Europe/Berlin': true, 'America/Los_Angeles': true } },
  ])('when the reconciliation starts at $at then the day before is over in these zones: $over', ({ at, over }) => {
    for (const [zone, isItOver] of Object.entries(over))
      expect([zone, isOver(statementDay('2026-11-26', zone), new Date(at))]).toEqual([zone, isItOver]);
  });
});
