import { describe, expect, it } from 'vitest';

import {
  cutoffDaysOf,
  cutoffInstant,
  type Frequency,
  lastPeriodBefore,
  nextPeriods,
  type PaySchedule,
  periodEndingOn,
  periodFiredFor,
  whyNotPaySchedule,
} from '../../../domain/payers/schedule.ts';

const of = (frequency: Frequency, days: Partial<PaySchedule> = {}): PaySchedule => ({
  frequency,
  zone: 'America/New_York',
  payDays: 0,
  ...days,
});
const everySecondFriday = of('biweekly', { weekday: 5, firstCutoff: '2026-11-06' });

describe('given the frequencies of pay schedules', () => {
  it.each([
    { schedule: of('semimonthly'), from: '2026-11-15', ends: ['2026-11-16', '2026-12-01', '2026-12-16', '2027-01-01'] },
    { schedule: of('semimonthly'), from: '2024-02-16', ends: ['2024-03-01', '2024-03-16'] },
    { schedule: of('quarterly'), from: '2026-11-15', ends: ['2027-01-01', '2027-04-01', '2027-07-01', '2027-10-01'] },
    { schedule: of('monthly', { monthday: 16 }), from: '2026-11-15', ends: ['2026-11-16', '2026-12-16', '2027-01-16'] },
    { schedule: of('monthly', { monthday: 28 }), from: '2026-01-31', ends: ['2026-02-28', '2026-03-28'] },
    { schedule: of('monthly'), from: '2026-11-15', ends: ['2026-12-01', '2027-01-01'] },
    { schedule: everySecondFriday, from: '2026-11-15', ends: ['2026-11-20', '2026-12-04', '2026-12-18', '2027-01-01'] },
    { schedule: everySecondFriday, from: '2026-10-15', ends: ['2026-10-23', '2026-11-06'] },
  ])(
    'when it is $schedule.frequency ($schedule.monthday) on $from then its next periods end on $ends',
    ({ schedule, from, ends }) => {
      const periods = nextPeriods(schedule, cutoffInstant(schedule, from), ends.length);
      expect(periods.map(({ end }) => end)).toEqual(ends);
      expect(periods.slice(1).map(({ start }) => start)).toEqual(ends.slice(0, -1));
    },
  );

  it.each([
    { schedule: of('semimonthly'), end: '2026-11-16', start: '2026-11-01' },
    { schedule: of('semimonthly'), end: '2026-11-01', start: '2026-10-16' },
    { schedule: of('quarterly'), end: '2027-01-01', start: '2026-10-01' },
    { schedule: of('monthly', { monthday: 16 }), end: '2027-01-16', start: '2026-12-16' },
    { schedule: everySecondFriday, end: '2026-11-20', start: '2026-11-06' },
  ])('when it is $schedule.frequency then the period that ends on $end began on $start', ({ schedule, start, end }) => {
    expect(periodEndingOn(schedule, end)).toEqual({ start, end });
    expect(lastPeriodBefore(schedule, cutoffInstant(schedule, end))).toEqual({ start, end });
    expect(lastPeriodBefore(schedule, cutoffInstant(schedule, end) - 1).end).toBe(start);
  });

  it.each([
    { schedule: of('semimonthly'), asked: '2026-11-15', nearest: '2026-11-01 or 2026-11-16' },
    { schedule: of('quarterly'), asked: '2026-11-01', nearest: '2026-10-01 or 2027-01-01' },
    { schedule: of('monthly', { monthday: 16 }), asked: '2026-11-01', nearest: '2026-10-16 or 2026-11-16' },
    { schedule: everySecondFriday, asked: '2026-11-13', nearest: '2026-11-06 or 2026-11-20' },
  ])('when a $schedule.frequency period up to $asked is asked for then the nearest are named', (row) => {
    expect(() => periodEndingOn(row.schedule, row.asked)).toThrow(row.nearest);
  });
});

describe('given a biweekly schedule, which fires every week', () => {
  it('when it fires on its cut-off, even late, then that period is paid', () => {
    for (const hour of [5, 23])
      expect(
        periodFiredFor(everySecondFriday, cutoffInstant(everySecondFriday, '2026-11-20') + hour * 3_600_000),
      ).toEqual({ start: '2026-11-06', end: '2026-11-20' });
  });

  it('when it fires in the week between then nothing is paid', () => {
    expect(periodFiredFor(everySecondFriday, Date.UTC(2026, 10, 27, 10))).toBeNull();
  });

  it('when another schedule fires days after its cut-off then it still pays the last period', () => {
    expect(periodFiredFor(of('monthly'), Date.UTC(2026, 10, 27))).toEqual({ start: '2026-10-01', end: '2026-11-01' });
  });
});

describe('given a schedule that does not name the days of its cut-offs', () => {
  /** Late on Thursday 26 November in New York. */
  const now = Date.UTC(2026, 10, 27, 3);

  it.each([
    { schedule: of('daily'), days: { weekday: null, monthday: null, firstCutoff: null } },
    { schedule: of('weekly'), days: { weekday: 1, monthday: null, firstCutoff: null } },
    { schedule: of('monthly'), days: { weekday: null, monthday: 1, firstCutoff: null } },
    { schedule: of('quarterly'), days: { weekday: null, monthday: null, firstCutoff: null } },
    { schedule: of('biweekly'), days: { weekday: 1, monthday: null, firstCutoff: '2026-11-30' } },
    { schedule: of('biweekly', { weekday: 5 }), days: { weekday: 5, monthday: null, firstCutoff: '2026-11-27' } },
    { schedule: of('biweekly', { weekday: 4 }), days: { weekday: 4, monthday: null, firstCutoff: '2026-12-03' } },
    {
      schedule: of('biweekly', { firstCutoff: '2026-01-07' }),
      days: { weekday: 3, monthday: null, firstCutoff: '2026-01-07' },
    },
  ])('when it is $schedule.frequency ($schedule.weekday) then they are $days', ({ schedule, days }) => {
    expect(cutoffDaysOf(schedule, now)).toEqual(days);
  });

  it.each([
    { schedule: of('quarterly', { weekday: 1 }), field: 'weekday' },
    { schedule: of('semimonthly', { monthday: 16 }), field: 'monthday' },
    { schedule: of('monthly', { monthday: 29 }), field: 'monthday' },
    { schedule: of('monthly', { monthday: 0 }), field: 'monthday' },
    { schedule: of('weekly', { firstCutoff: '2026-11-27' }), field: 'firstCutoff' },
    { schedule: of('biweekly', { weekday: 5, firstCutoff: '2026-11-26' }), field: 'firstCutoff' },
  ])('when it is $schedule then the objection is to $field', ({ schedule, field }) => {
    expect(whyNotPaySchedule(schedule)?.field).toBe(field);
  });
});
