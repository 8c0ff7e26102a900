import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';

import { addDays, canonicalZone, localDate } from '../../../domain/calendar.ts';
import { HOUR_MS } from '../../../domain/durations.ts';
import { closedDatesOf } from '../../../domain/payers/settlement-calendar.ts';
import {
  cutoffInstant,
  FREQUENCIES,
  lastPeriodBefore,
  nextPeriods,
  type PayingSchedule,
  type PaySchedule,
  payDate,
  periodEndingOn,
  whyNotPaySchedule,
} from '../../../domain/payers/schedule.ts';
import { RUNS } from '../../fixtures/property-runs.ts';

const daily = (zone: string): PaySchedule => ({ frequency: 'daily', zone, payDays: 0 });
const weekly = (weekday: number): PaySchedule => ({ frequency: 'weekly', zone: 'Europe/Berlin', weekday, payDays: 2 });
const monthly: PayingSchedule = { frequency: 'monthly', zone: 'America/Sao_Paulo', payDays: 2, currency: 'BRL' };

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
        const date = payDate({ ...schedule, currency: 'BRL' }, end);
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
    { end: '2026-10-01', currency: 'BRL', pays: '2026-10-05', because: 'Friday, then Monday' },
    {
      end: '2026-08-01',
      currency: 'BRL',
      pays: '2026-08-04',
      because: 'after a Saturday, Monday is the first business day',
    },
    { end: '2026-06-18', currency: 'USD', pays: '2026-06-23', because: 'the Federal Reserve keeps Juneteenth' },
    {
      end: '2026-04-02',
      currency: 'EUR',
      pays: '2026-04-08',
      because: 'TARGET is closed from Good Friday to Easter Monday',
    },
  ] as const)('when it pays $currency two business days after $end then it pays on $pays: $because', (row) => {
    expect(payDate({ ...monthly, currency: row.currency }, row.end)).toBe(row.pays);
  });

  it.each([
    { end: '2026-10-01', currency: 'USD', pays: '2026-10-01', because: 'it is a Thursday' },
    { end: '2026-08-01', currency: 'USD', pays: '2026-08-03', because: 'it is a Saturday' },
    { end: '2027-07-05', currency: 'USD', pays: '2027-07-06', because: 'the Fourth of July was a Sunday' },
    { end: '2027-12-24', currency: 'USD', pays: '2027-12-24', because: 'Christmas on a Saturday closes no Friday' },
    { end: '2029-12-31', currency: 'EUR', pays: '2029-12-31', because: 'TARGET is open on the last day of the year' },
    { end: '2030-01-01', currency: 'JPY', pays: '2030-01-01', because: 'there is no calendar of Japan' },
  ] as const)(
    'when it pays $currency at once after $end then it pays on $pays: $because',
    ({ end, currency, pays }) => {
      expect(payDate({ ...monthly, currency, payDays: 0 }, end)).toBe(pays);
    },
  );
});

describe('given the calendars of settlement', () => {
  const [first, last] = [2026, 2031];
  const weekday = (date: string) => Temporal.PlainDate.from(date).dayOfWeek;

  it('then that of the Federal Reserve has ten or eleven weekdays a year, and each falls where the law puts it', () => {
    const rules = [
      /-01-01$/,
      /-01-(1[5-9]|2[01])$/,
      /-02-(1[5-9]|2[01])$/,
      /-05-(2[5-9]|3[01])$/,
      /-06-19$/,
      /-07-0[45]$/,
      /-09-0[1-7]$/,
      /-10-(0[89]|1[0-4])$/,
      /-11-1[12]$/,
      /-11-2[2-8]$/,
      /-12-2[56]$/,
    ];
    const days = [...closedDatesOf('USD')];
    for (const date of days) {
      expect([date, rules.filter((rule) => rule.test(date)).length]).toEqual([date, 1]);
      expect(weekday(date)).toBeLessThan(6);
    }
    for (let year = first; year <= last; year += 1)
      expect(days.filter((date) => date.startsWith(String(year))).length, String(year)).toBeGreaterThan(8);
  });

  it('then that of TARGET has the same six days every year', () => {
    for (let year = first; year <= last; year += 1) {
      const days = [...closedDatesOf('EUR')].filter((date) => date.startsWith(String(year)));
      expect(days.map((date) => date.slice(5)).filter((day) => !/^0[34]-/.test(day))).toEqual([
        '01-01',
        '05-01',
        '12-25',
        '12-26',
      ]);
      const easter = days.filter((date) => /-0[34]-/.test(date));
      expect(easter.map(weekday)).toEqual([5, 1]);
      expect(addDays(easter[0] ?? '', 3)).toBe(easter[1]);
    }
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
    const objection = whyNotPaySchedule(schedule)?.reason;
    if (reason) expect(objection).toMatch(reason);
    else expect(objection).toBeUndefined();
  });

  it.each(['+01:00', 'Z', '', 'Mars/Olympus', 'EST', 'EST5EDT', 'US/Eastern', 'GB', 'Etc/GMT+5', 'Europe/Berlin '])(
    'then %o is not a zone',
    (text) => {
      expect(canonicalZone(text)).toBeUndefined();
    },
  );

  it.each([
    ['europe/berlin', 'Europe/Berlin'],
    ['UTC', 'UTC'],
    ['etc/utc', 'UTC'],
    ['AMERICA/ARGENTINA/BUENOS_AIRES', 'America/Argentina/Buenos_Aires'],
    ['asia/kolkata', 'Asia/Kolkata'],
    ['africa/dar_es_salaam', 'Africa/Dar_es_Salaam'],
  ])('then %s is the zone %s', (text, zone) => {
    expect(canonicalZone(text)).toBe(zone);
  });
});

describe('given an event just before midnight', () => {
  it('then its day is the local day of the zone, not the UTC day', () => {
    expect(localDate(Date.UTC(2026, 0, 1, 1), 'America/Sao_Paulo')).toBe('2025-12-31');
    expect(localDate(Date.UTC(2026, 0, 1, 1), 'Asia/Kathmandu')).toBe('2026-01-01');
  });
});
