/**
 * The days on which TARGET is closed, and on which the European Central Bank publishes no rates: weekends, New Year's Day, Good Friday,
 * Easter Monday, 1 May, 25 and 26 December. The Governing Council fixed them on 14 December 2000 for all years from 2002 on.
 */

import { addDays } from '../calendar.ts';

const FIRST_YEAR = 2002;
const FIXED = ['01-01', '05-01', '12-25', '12-26'];

/** Whether a date, `YYYY-MM-DD`, is a Saturday or a Sunday. */
export const isWeekend = (date: string): boolean => [0, 6].includes(new Date(date).getUTCDay());

/** Whether TARGET is closed on a date. Before 2002 only weekends are known. */
export function isTargetClosed(date: string): boolean {
  const year = Number(date.slice(0, 'YYYY'.length));
  if (isWeekend(date)) return true;
  if (year < FIRST_YEAR) return false;
  const easter = easterOf(year);
  return FIXED.includes(date.slice('YYYY-'.length)) || date === addDays(easter, -2) || date === addDays(easter, 1);
}

const easters = new Map<number, string>();

/** The date of Easter Sunday, by the rule for the Gregorian calendar that J. Meeus gives in "Astronomical Algorithms". */
function easterOf(year: number): string {
  const known = easters.get(year);
  if (known !== undefined) return known;
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const rest = year % 100;
  const moon =
    (19 * golden +
      century -
      Math.floor(century / 4) -
      Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3) +
      15) %
    30;
  const weekday = (32 + 2 * (century % 4) + 2 * Math.floor(rest / 4) - moon - (rest % 4)) % 7;
  const late = Math.floor((golden + 11 * moon + 22 * weekday) / 451);
  const days = moon + weekday - 7 * late + 114;
  const easter = `${year}-${String(Math.floor(days / 31)).padStart(2, '0')}-${String((days % 31) + 1).padStart(2, '0')}`;
  easters.set(year, easter);
  return easter;
}
