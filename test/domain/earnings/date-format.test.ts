import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';

import { compileDates, formatHasOffset, whyNotFormat } from '../../../domain/earnings/date-format.ts';

const read = (text: string, format: string, zone?: string) => compileDates(format, zone)(text);

describe('given dates as exports write them', () => {
  it.each([
    { text: '2026-03-05 20:20:59 -0300', format: 'YYYY-MM-DD HH:mm:ss Z', at: '2026-03-05T23:20:59Z' },
    { text: '2026-03-05 20:20:59 -03:00', format: 'YYYY-MM-DD HH:mm:ss Z', at: '2026-03-05T23:20:59Z' },
    { text: '2026-03-05 20:20:59+00', format: 'YYYY-MM-DD HH:mm:ssZ', at: '2026-03-05T20:20:59Z' },
    { text: '2026-03-05 20:20 UTC', format: 'YYYY-MM-DD HH:mm Z', at: '2026-03-05T20:20:00Z' },
    { text: '2026-03-05T20:20:59Z', format: 'YYYY-MM-DDTHH:mm:ssZ', at: '2026-03-05T20:20:59Z' },
    { text: 'Mar 5, 2026 08:20 PM GMT', format: 'MMM D, YYYY hh:mm A Z', at: '2026-03-05T20:20:00Z' },
    { text: '05-SEPT.-26 0:00 +0200', format: 'DD-MMM-YY H:mm Z', at: '2026-09-04T22:00:00Z' },
    { text: 'Thu, 5 march 2026 7:01 +1245', format: 'ddd, D MMMM YYYY H:mm Z', at: '2026-03-04T18:16:00Z' },
    { text: '1772742059', format: 'X', at: '2026-03-05T20:20:59Z' },
    { text: '1772742059123', format: 'x', at: '2026-03-05T20:20:59.123Z' },
  ])('when $text is read as $format then it is $at', ({ text, format, at }) => {
    expect(whyNotFormat(format)).toBeUndefined();
    expect(formatHasOffset(format)).toBe(true);
    expect(read(text, format)).toBe(at);
  });

  it.each([
    { text: '3/5/26 12:05 AM', at: '2026-03-05T00:05:00Z', because: '12 AM is midnight' },
    { text: '3/5/26 12:05 p.m.', at: '2026-03-05T12:05:00Z', because: '12 PM is noon' },
    { text: '3/5/26 1:05 pm', at: '2026-03-05T13:05:00Z', because: 'one in the afternoon' },
    { text: '3/5/68 1:05 am', at: '2068-03-05T01:05:00Z', because: '68 is the last year of this century' },
    { text: '3/5/69 1:05 am', at: '1969-03-05T01:05:00Z', because: '69 is the first of the last century' },
    { text: '3/5/26 13:05 pm', at: undefined, because: 'a half day has twelve hours' },
    { text: '3/5/26 0:05 am', at: undefined, because: 'it begins with 12' },
    { text: '3/5/2026 1:05 am', at: undefined, because: 'four digits are not two' },
  ])('when a half day is $text then it is $at: $because', ({ text, at }) => {
    expect(read(text, 'M/D/YY h:mm A', 'UTC')).toBe(at);
  });

  it.each([
    { text: 'Fri, 5 Mar 2026', format: 'ddd, D MMM YYYY', because: 'that day was a Thursday' },
    { text: '5 Mars 2026', format: 'D MMM YYYY', because: 'the months are English' },
    { text: '5 Mar 2026', format: 'D MMMM YYYY', because: 'the name is short' },
    { text: '29 Feb 2026', format: 'D MMM YYYY', because: 'that year is not a leap year' },
    { text: '1772742059123', format: 'X', because: 'those are milliseconds' },
    { text: '-1', format: 'X', because: 'that was before 1970' },
    { text: '2026-03-05 at 07:00', format: 'YYYY-MM-DD HH:mm', because: 'the format lacks the word' },
    { text: '2026-03-05 07:00 -0360', format: 'YYYY-MM-DD HH:mm Z', because: 'an hour has 60 minutes' },
    { text: '2026-03-05 07:00 +1430', format: 'YYYY-MM-DD HH:mm Z', because: 'no clock shows more than 14 hours' },
    { text: '2026-03-05 07:00 EST', format: 'YYYY-MM-DD HH:mm Z', because: 'EST is not the same zone everywhere' },
  ])('when $text is read as $format then it is refused: $because', ({ text, format }) => {
    expect(read(text, format, 'UTC')).toBeUndefined();
  });

  it('when text stands in square brackets then it stands for itself', () => {
    expect(read('5.3.2026 um 07:00 (Uhr)', 'D.M.YYYY [um] HH:mm ([Uhr])', 'Europe/Berlin')).toBe(
      '2026-03-05T06:00:00Z',
    );
  });

  it.each([
    { format: 'YYYY-MM-DD h:mm', says: 'has the hour of the half day without the minute and the half of the day' },
    { format: 'YYYY-MM-DD HH:mm A', says: 'has the half of the day without the hour of the half day' },
    { format: 'YYYY-MM-DD HH:h:mm A', says: 'has the hour twice' },
    { format: 'YYYY-MMM-MM-DD', says: 'has the month twice' },
    { format: 'X YYYY', says: 'has an epoch, which is a whole date, and something else' },
    { format: 'ddd', says: 'has no YYYY or YY' },
  ])('when a format is $format then it is refused', ({ format, says }) => {
    expect(whyNotFormat(format)).toBe(says);
  });
});

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');

/** How each token prints a time, worked out without the tokens of the product. */
const PRINTED: Record<string, (time: Temporal.PlainDateTime) => string> = {
  YYYY: ({ year }) => String(year),
  YY: ({ year }) => String(year % 100).padStart(2, '0'),
  MMMM: ({ month }) => MONTHS[month - 1] ?? '',
  MMM: ({ month }) => MONTHS[month - 1]?.slice(0, 3) ?? '',
  MM: ({ month }) => String(month).padStart(2, '0'),
  M: ({ month }) => String(month),
  DD: ({ day }) => String(day).padStart(2, '0'),
  D: ({ day }) => String(day),
  dddd: ({ dayOfWeek }) => WEEKDAYS[dayOfWeek - 1] ?? '',
  ddd: ({ dayOfWeek }) => WEEKDAYS[dayOfWeek - 1]?.slice(0, 3) ?? '',
  HH: ({ hour }) => String(hour).padStart(2, '0'),
  H: ({ hour }) => String(hour),
  hh: ({ hour }) => String(hour % 12 || 12).padStart(2, '0'),
  h: ({ hour }) => String(hour % 12 || 12),
  A: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  mm: ({ minute }) => String(minute).padStart(2, '0'),
  ss: ({ second }) => String(second).padStart(2, '0'),
  S: ({ millisecond }) => String(millisecond).padStart(3, '0'),
  Z: () => '+00:00',
};

describe('given every day of two years, each at another time of the day', () => {
  const first = Temporal.PlainDateTime.from('2024-01-01T00:00:00');
  const times = Array.from({ length: 366 + 365 }, (_, day) =>
    first.add({ days: day, hours: day % 24, minutes: day % 60, seconds: (day * 7) % 60 }),
  );
  const days = ['M/D', 'D/M', 'M-D', 'D.M', 'MM/DD', 'DD.MM', 'D MMMM', 'ddd, MMM D'];
  const years = days.flatMap((day) => [`${day}/YY`, `${day}/YYYY`, `YY-${day}`, `YYYY ${day}`]);
  const clocks = ['h:mm A', 'hh:mm A', 'h:mmA', '[at] h:mm:ss A', 'H:mm', 'HH:mm:ss.S', 'h:mm A Z'];

  it.each(years)('when a date is written as %s, with any time before or after it, then it is read back', (day) => {
    const formats = [day, ...clocks.flatMap((clock) => [`${day} ${clock}`, `${clock} ${day}`])];
    for (const format of formats) {
      const tokens = new RegExp(Object.keys(PRINTED).join('|'), 'g');
      const readDate = compileDates(format, formatHasOffset(format) ? undefined : 'UTC');
      const misread = times.flatMap((time) => {
        const text = format.replaceAll(/\[(.*?)\]|[A-Za-z]+/g, (token, literal?: string) =>
          literal === undefined ? token.replaceAll(tokens, (name) => PRINTED[name]?.(time) ?? name) : literal,
        );
        const shown = format.includes('ss') ? time : time.with({ second: 0 });
        const at = format === day ? `${time.toPlainDate()}T00:00:00Z` : `${shown}Z`;
        return readDate(text) === at ? [] : [text];
      });
      expect(misread, format).toEqual([]);
    }
  });
});

describe('given wall times of zones that change their clocks', () => {
  const zone = fc.constantFrom(
    'America/Sao_Paulo',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Asia/Kolkata',
  );
  const time = fc.date({ min: new Date('2000-01-02'), max: new Date('2060-01-01'), noInvalidDate: true });

  it('then the kept offsets of days give what Temporal gives for each time', () => {
    const clocks = new Map<string, (text: string) => string | undefined>();
    fc.assert(
      fc.property(zone, time, (place, date) => {
        const wall = date.toISOString().slice(0, 19);
        const clock = clocks.get(place) ?? compileDates('YYYY-MM-DDTHH:mm:ss', place);
        clocks.set(place, clock);
        expect(clock(wall)).toBe(Temporal.PlainDateTime.from(wall).toZonedDateTime(place).toInstant().toString());
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 1000) },
    );
  });

  it.each([
    { wall: '2026-03-29T02:30:00', at: '2026-03-29T01:30:00Z', because: 'the skipped hour moves forward' },
    { wall: '2026-10-25T02:30:00', at: '2026-10-25T00:30:00Z', because: 'of two, the earlier counts' },
    { wall: '2026-10-24T23:59:59', at: '2026-10-24T21:59:59Z', because: 'the day before has its old offset' },
    { wall: '2026-10-26T00:00:00', at: '2026-10-25T23:00:00Z', because: 'the day after has its new one' },
  ])('when it is $wall in Berlin then it is $at: $because', ({ wall, at }) => {
    expect(read(wall, 'YYYY-MM-DDTHH:mm:ss', 'Europe/Berlin')).toBe(at);
  });
});
