/** Local days for the golden results, from the calendar of the JavaScript engine. Nothing here comes from the product. */

const formats = new Map<string, Intl.DateTimeFormat>();

/** The day on the calendars of a zone, as YYYY-MM-DD. */
export function dayIn(zone: string, instantMs: number): string {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });
  formats.set(zone, format);
  return format.format(instantMs);
}

const HOUR_MS = 3_600_000;
const HOURS_SEARCHED = 40;

/** The first instant of a local day, to the quarter of an hour. */
export function beginningOf(zone: string, day: string): number {
  const quarter = HOUR_MS / 4;
  const middle = Date.parse(`${day}T00:00:00Z`);
  for (let at = middle - (HOURS_SEARCHED / 2) * HOUR_MS; at <= middle + (HOURS_SEARCHED / 2) * HOUR_MS; at += quarter)
    if (dayIn(zone, at) === day) return at;
  throw new Error(`${day} has no beginning in ${zone}.`);
}

/** The same day so many months later, or the last day of a shorter month. */
export function monthsAfter(day: string, months: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return `${first.toISOString().slice(0, 8)}${String(Math.min(date, last)).padStart(2, '0')}`;
}

/** The window that a day is in, by the name that the golden results use. The name of a promotion is its first day. */
export function windowOf(window: string, day: string, promotionFrom = ''): string {
  const [year = '', month = ''] = day.split('-');
  const index = Number(month) - 1;
  const names: Record<string, string> = {
    event: `${year}-${month}`,
    month: `${year}-${month}`,
    quarter: `${year}-Q${Math.floor(index / 3) + 1}`,
    'half-year': `${year}-H${Math.floor(index / 6) + 1}`,
    year,
    lifetime: 'lifetime',
    promotion: `promotion ${promotionFrom}`,
  };
  return names[window] ?? window;
}

const MONTHS: Record<string, number> = { month: 1, quarter: 3, 'half-year': 6, year: 12 };

/** A day in the window that is compared with the one of a day: in the next window, or a year later. */
export function comparedDay(window: string, day: string, against: 'previous' | 'last-year'): string {
  return monthsAfter(`${day.slice(0, 8)}01`, against === 'last-year' ? 12 : (MONTHS[window] ?? 0));
}
