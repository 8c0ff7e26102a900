import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addDays, isZone, localDate } from '../../../domain/calendar.ts';
import { HOUR_MS } from '../../../domain/durations.ts';
import {
  cutoffInstant,
  FREQUENCIES,
  lastPeriodBefore,
  nextPeriods,
  type PaySchedule,
  payDate,
  periodEndingOn,
  whyNotPaySchedule,
} from '../../../domain/payers/schedule.ts';
import { RUNS } from '../../fixtures/property-runs.ts';

const daily = (zone: string): PaySchedule => ({ frequency: 'daily', zone, payDays: 0 });
const weekly = (weekday: number): PaySchedule => ({ frequency: 'weekly', zone: 'Europe/Berlin', weekday, payDays: 2 });
const monthly: PaySchedule = { frequency: 'monthly', zone: 'America/Sao_Paulo', payDays: 2 };

/** The two clock changes of a zone in a year, as local dates, and days that were irregular in another way. */
const ODD_DAYS = [
  { zone: 'America/Sao_Paulo', date: '2017-10-15', why: 'midnight is skipped' },
  { zone: 'America/Sao_Paulo', date: '2018-02-18', why: 'the clocks go back at midnight' },
  { zone: 'Europe/Berlin', date: '2026-03-29', why: 'an hour is skipped' },
  { zone: 'Europe/Berlin', date: '2026-10-25', why: 'an hour is repeated' },
  { zone: 'Pacific/Apia', date: '2011-12-30', why: 'the whole day is skipped' },
  { zone: 'Pacific/Apia', date: '2020-04-05', why: 'an hour is repeated' },
  { zone: 'Pacific/Apia', date: '2020-09-27', why: 'an hour is skipped' },
  { zone: 'Asia/Kathmandu', date: '2026-03-29', why: 'nothing happens, at 5:45 from UTC' },
  { zone: 'Australia/Lord_Howe', date: '2026-04-05', why: 'half an hour is repeated' },
  { zone: 'Australia/Lord_Howe', date: '2026-10-04', why: 'half an hour is skipped' },
  {
    zone: 'America/St_Johns',
    date: '2010-11-07',
    why: 'the clocks go back to the day before, a minute after midnight',
  },
];

describe('given cut-offs at local midnights', () => {
  it.each([
    {
      zone: 'America/Sao_Paulo',
      date: '2017-10-15',
      instant: '2017-10-15T03:00:00.000Z',
      because: 'the day begins at 01:00',
    },
    {
      zone: 'America/Sao_Paulo',
      date: '2017-10-14',
      instant: '2017-10-14T03:00:00.000Z',
      because: 'midnight is UTC-3',
    },
    {
      zone: 'Asia/Kathmandu',
      date: '2026-01-01',
      instant: '2025-12-31T18:15:00.000Z',
      because: 'midnight is UTC+5:45',
    },
    {
      zone: 'Pacific/Apia',
      date: '2011-12-30',
      instant: '2011-12-30T10:00:00.000Z',
      because: 'the 31st followed the 29th',
    },
    {
      zone: 'Pacific/Apia',
      date: '2011-12-31',
      instant: '2011-12-30T10:00:00.000Z',
      because: 'the 31st followed the 29th',
    },
  ])('when the cut-off is on $date in $zone then it is $instant: $because', ({ zone, date, instant }) => {
    expect(new Date(cutoffInstant({ zone }, date)).toISOString()).toBe(instant);
  });
});

describe('given days on which clocks change', () => {
  const schedules = ODD_DAYS.flatMap((odd) => FREQUENCIES.map((frequency) => ({ ...odd, frequency })));

  it.each(schedules)(
    'when $frequency periods meet $date in $zone then they leave no gap: $why',
    ({ zone, date, frequency }) => {
      const schedule: PaySchedule = { frequency, zone, payDays: 0 };
      const periods = nextPeriods(schedule, cutoffInstant({ zone }, addDays(date, -40)), 80);
      const cutoffs = periods.map(({ end }) => cutoffInstant(schedule, end));
      for (const [index, { start }] of periods.entries()) {
        if (index > 0) expect(start).toBe(periods[index - 1]?.end);
        expect(cutoffInstant(schedule, start)).toBeLessThanOrEqual(cutoffs[index] ?? 0);
      }
    },
  );

  it.each(ODD_DAYS)(
    'then each moment around $date in $zone has one last period, and it never moves backwards: $why',
    ({ zone, date }) => {
      const schedule = daily(zone);
      const from = cutoffInstant(schedule, date) - 30 * HOUR_MS;
      let before = '';
      for (let instant = from; instant < from + 60 * HOUR_MS; instant += HOUR_MS / 4) {
        const { end } = lastPeriodBefore(schedule, instant);
        expect(end >= before).toBe(true);
        expect(cutoffInstant(schedule, end)).toBeLessThanOrEqual(instant);
        expect(cutoffInstant(schedule, addDays(end, 1))).toBeGreaterThan(instant);
        before = end;
      }
    },
  );

  it.each(ODD_DAYS)(
    'when a run starts at the cut-off of $date in $zone then it pays the period that has just ended',
    ({ zone, date }) => {
      const schedule = daily(zone);
      const at = cutoffInstant(schedule, date);
      expect(cutoffInstant(schedule, lastPeriodBefore(schedule, at).end)).toBe(at);
      expect(lastPeriodBefore(schedule, at - 1).end < date).toBe(true);
    },
  );
});

describe('given any schedule and any moment', () => {
  const schedules = fc.record({
    frequency: fc.constantFrom(...FREQUENCIES),
    zone: fc.constantFrom(...new Set(ODD_DAYS.map(({ zone }) => zone))),
    payDays: fc.integer({ min: 0, max: 10 }),
  });
  const moments = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2037, 0, 1) });

  it('then the last period is over, the next is not, and the two meet', () => {
    fc.assert(
      fc.property(schedules, moments, (schedule, moment) => {
        const last = lastPeriodBefore(schedule, moment);
        const [open] = nextPeriods(schedule, moment, 1);
        expect(open?.start).toBe(last.end);
        expect(cutoffInstant(schedule, last.end)).toBeLessThanOrEqual(moment);
        expect(cutoffInstant(schedule, open?.end ?? '')).toBeGreaterThan(moment);
        expect(periodEndingOn(schedule, last.end)).toEqual(last);
      }),
      RUNS,
    );
  });

  it('then money leaves on a weekday, and never before the cut-off', () => {
    fc.assert(
      fc.property(schedules, moments, (schedule, moment) => {
        const { end } = lastPeriodBefore(schedule, moment);
        const date = payDate(schedule, end);
        expect(date >= end).toBe(true);
        expect([0, 6]).not.toContain(new Date(`${date}T00:00:00Z`).getUTCDay());
      }),
      RUNS,
    );
  });
});

describe('given a weekly schedule with its cut-off on Wednesdays', () => {
  it('when asked for the period ending on Wednesday 2026-11-25 then it returns the seven days before', () => {
    expect(periodEndingOn(weekly(3), '2026-11-25')).toEqual({ start: '2026-11-18', end: '2026-11-25' });
  });

  it('when asked for a period ending on a Thursday then it is refused, and the message names the Wednesdays', () => {
    expect(() => periodEndingOn(weekly(3), '2026-11-26')).toThrow(/2026-11-25 or 2026-12-02/);
  });
});

describe('given a monthly schedule', () => {
  it('then a period is a calendar month', () => {
    expect(nextPeriods(monthly, Date.UTC(2018, 0, 15), 2)).toEqual([
      { start: '2018-01-01', end: '2018-02-01' },
      { start: '2018-02-01', end: '2018-03-01' },
    ]);
  });

  it.each([
    { end: '2026-10-01', closed: [], pays: '2026-10-05', because: 'Friday, then Monday' },
    { end: '2026-10-01', closed: ['2026-10-02'], pays: '2026-10-06', because: 'banks are closed on that Friday' },
    {
      end: '2026-08-01',
      closed: [],
      pays: '2026-08-04',
      because: 'after a Saturday, Monday is the first business day',
    },
  ])('when it pays two business days after $end then it pays on $pays: $because', ({ end, closed, pays }) => {
    expect(payDate(monthly, end, new Set(closed))).toBe(pays);
  });

  it.each([
    { end: '2026-10-01', pays: '2026-10-01', because: 'it is a Thursday' },
    { end: '2026-08-01', pays: '2026-08-03', because: 'it is a Saturday' },
  ])('when it pays at once after $end then it pays on $pays: $because', ({ end, pays }) => {
    expect(payDate({ ...monthly, payDays: 0 }, end)).toBe(pays);
  });
});

describe('given a run that starts exactly at its cut-off', () => {
  it.each([
    { schedule: weekly(3), at: '2026-11-25', start: '2026-11-18' },
    { schedule: monthly, at: '2026-11-01', start: '2026-10-01' },
    { schedule: daily('Asia/Kathmandu'), at: '2026-11-01', start: '2026-10-31' },
  ])('when the schedule is $schedule.frequency then it pays the period from $start', ({ schedule, at, start }) => {
    const instant = cutoffInstant(schedule, at);
    expect(lastPeriodBefore(schedule, instant)).toEqual({ start, end: at });
    expect(lastPeriodBefore(schedule, instant - 1).end).toBe(start);
  });
});

describe('given a schedule as somebody writes it', () => {
  it.each([
    { schedule: weekly(3), reason: undefined },
    { schedule: { ...monthly, weekday: 1 }, reason: /no weekday/ },
    { schedule: weekly(8), reason: /from 1 for Monday/ },
    { schedule: { ...monthly, payDays: 11 }, reason: /0 to 10/ },
    { schedule: { ...monthly, payDays: 0.5 }, reason: /0 to 10/ },
    { schedule: daily('Brazil'), reason: /IANA/ },
  ])('when it is $schedule then the objection is $reason', ({ schedule, reason }) => {
    const objection = whyNotPaySchedule(schedule);
    if (reason) expect(objection).toMatch(reason);
    else expect(objection).toBeUndefined();
  });

  it.each(['+01:00', 'Z', '', 'Mars/Olympus'])('then %o is not a zone', (text) => {
    expect(isZone(text)).toBe(false);
  });

  it.each(['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires'])('then %s is a zone', (text) => {
    expect(isZone(text)).toBe(true);
  });
});

describe('given an event just before midnight', () => {
  it('then its day is the local day of the zone, not the UTC day', () => {
    expect(localDate(Date.UTC(2026, 0, 1, 1), 'America/Sao_Paulo')).toBe('2025-12-31');
    expect(localDate(Date.UTC(2026, 0, 1, 1), 'Asia/Kathmandu')).toBe('2026-01-01');
  });
});
