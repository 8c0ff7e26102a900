import type { ClosedDates } from '../calendar.ts';
import type { CurrencyCode } from '../currency.ts';

/**
 * The days on which banks do not settle a currency, besides weekends, as the central banks publish them. A currency without a
 * table, and a year beyond a table, has weekends only.
 */

/** The days of each year, as `MM-DD`. */
type ClosedDays = Readonly<Record<number, string>>;

/**
 * The holidays on which the Federal Reserve Banks are closed: "Holiday Schedules" of Federal Reserve Financial Services
 * (frbservices.org/about/holiday-schedules), and release K.8 of the Board (federalreserve.gov/aboutthefed/k8.htm). A holiday on a
 * Sunday is observed on Monday. For a holiday on a Saturday the banks are open on the Friday before. The years after the last
 * published one follow the same law (5 U.S.C. 6103).
 */
const FEDERAL_RESERVE: ClosedDays = {
  2026: '01-01 01-19 02-16 05-25 06-19 09-07 10-12 11-11 11-26 12-25',
  2027: '01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25',
  2028: '01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-23 12-25',
  2029: '01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25',
  2030: '01-01 01-21 02-18 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25',
  2031: '01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25',
};

/**
 * The closing days of TARGET besides weekends: New Year's Day, Good Friday, Easter Monday, 1 May, 25 and 26 December. The Governing
 * Council of the European Central Bank fixed them on 14 December 2000 for all years from 2002 on (ecb.europa.eu, "TARGET closing
 * days").
 */
const TARGET: ClosedDays = {
  2026: '01-01 04-03 04-06 05-01 12-25 12-26',
  2027: '01-01 03-26 03-29 05-01 12-25 12-26',
  2028: '01-01 04-14 04-17 05-01 12-25 12-26',
  2029: '01-01 03-30 04-02 05-01 12-25 12-26',
  2030: '01-01 04-19 04-22 05-01 12-25 12-26',
  2031: '01-01 04-11 04-14 05-01 12-25 12-26',
};

const datesOf = (days: ClosedDays): ClosedDates =>
  new Set(Object.entries(days).flatMap(([year, text]) => text.split(' ').map((day) => `${year}-${day}`)));
const lastYearIn = (days: ClosedDays): number => Math.max(...Object.keys(days).map(Number));

type Calendar = { readonly closed: ClosedDates; readonly lastYear: number };

/** The calendars that we have, by the currency that they settle. */
const CALENDARS: Readonly<Partial<Record<CurrencyCode, Calendar>>> = {
  USD: { closed: datesOf(FEDERAL_RESERVE), lastYear: lastYearIn(FEDERAL_RESERVE) },
  EUR: { closed: datesOf(TARGET), lastYear: lastYearIn(TARGET) },
};

const NEVER: ClosedDates = new Set();

/** The dates on which banks do not settle a currency, besides weekends. */
export const closedDatesOf = (currency: CurrencyCode): ClosedDates => CALENDARS[currency]?.closed ?? NEVER;

/** The last year for which we have a currency's calendar. Undefined where we have none. */
export const lastCalendarYear = (currency: CurrencyCode): number | undefined => CALENDARS[currency]?.lastYear;
