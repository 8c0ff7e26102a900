import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';

import { addDays, localDate } from '../../domain/calendar.ts';

const exactly = (instantMs: number, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(zone).toPlainDate().toString();

describe('given instants in zones that change their clocks', () => {
  const zone = fc.constantFrom(
    'UTC',
    'America/New_York',
    'America/St_Johns',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Pacific/Kiritimati',
  );
  const instant = fc.date({ min: new Date('1960-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });

  it('then the remembered offsets of days give the date that Temporal gives for each instant', () => {
    fc.assert(
      fc.property(zone, instant, (place, date) => {
        expect(localDate(date.getTime(), place)).toBe(exactly(date.getTime(), place));
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 1000) },
    );
  });

  it('then a date so many days later is the one that Temporal gives', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: -400, max: 400 }), (date, days) => {
        const day = date.toISOString().slice(0, 10);
        expect(addDays(day, days)).toBe(Temporal.PlainDate.from(day).add({ days }).toString());
      }),
    );
  });

  it.each([
    {
      at: '2026-03-29T00:59:59.999Z',
      zone: 'Europe/Berlin',
      date: '2026-03-29',
      because: 'the clocks go forward an instant later',
    },
    {
      at: '2026-10-24T22:30:00Z',
      zone: 'Europe/Berlin',
      date: '2026-10-25',
      because: 'it is summer time until the night',
    },
    {
      at: '2026-10-25T23:30:00Z',
      zone: 'Europe/Berlin',
      date: '2026-10-26',
      because: 'it is winter time since the night',
    },
    { at: '2011-12-30T09:59:59Z', zone: 'Pacific/Apia', date: '2011-12-29', because: 'Samoa then skipped the 30th' },
    { at: '2011-12-30T10:00:00Z', zone: 'Pacific/Apia', date: '2011-12-31', because: 'Samoa skipped the 30th' },
  ])('when it is $at then it is $date in $zone: $because', ({ at, zone: place, date }) => {
    expect(localDate(Date.parse(at), place)).toBe(date);
  });
});
