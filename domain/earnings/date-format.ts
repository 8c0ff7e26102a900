import { DAY_MS, HOUR_MS, MINUTE_MS } from '../durations.ts';
import { instantOfWallTime } from './wall-clock.ts';

/** How a file writes its dates, such as `M/D/YYYY H:mm`. */

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const LETTERS = 3;

/** A pattern for a text in small or capital letters. V8 misses matches of some patterns that say `(?i:…)`, such as `M/D/YY h:mm A`. */
const inAnyCase = (text: string): string =>
  text.replaceAll(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
const anyOf = (names: readonly string[]): string => `(?:${names.map(inAnyCase).join('|')})`;
const short = (names: readonly string[]): string[] => names.map((name) => name.slice(0, LETTERS));

/** The number of a month or a weekday by its first letters, from 1. */
const numberIn = (names: readonly string[]) => {
  const starts = short(names).map((name) => name.toLowerCase());
  return (text: string): number => starts.indexOf(text.slice(0, LETTERS).toLowerCase()) + 1;
};

/** A year of two digits is one of 1969 to 2068, as in POSIX. */
const PIVOT = 69;
const yearOfTwo = (text: string): number => Number(text) + (Number(text) >= PIVOT ? 1900 : 2000);

const millisecondsOf = (fraction: string): number => Number(fraction.slice(0, 3).padEnd(3, '0'));

const OFFSET_MINUTES_MAX = 14 * 60;

/** Reads `Z`, `UTC`, `+05:45`, `-0300` or `+00` as minutes east of UTC, or returns NaN for an offset that no clock has. */
function offsetMinutes(text: string): number {
  if (/^[A-Z]/.test(text)) return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(3).replace(':', ''))];
  const east = hours * 60 + minutes;
  return east > OFFSET_MINUTES_MAX || minutes > 59 ? Number.NaN : east * (text.startsWith('-') ? -1 : 1);
}

/**
 * The tokens of a date format: the part of a date that each names, what it matches, and how it is read. `MM` is the month and `mm`
 * is the minute. One letter takes one or two digits, and two letters take exactly two. Every other character stands for itself, and
 * so does each text in square brackets.
 */
const TOKENS = {
  YYYY: { part: 'year', pattern: '\\d{4}', read: Number },
  YY: { part: 'year', pattern: '\\d{2}', read: yearOfTwo },
  MMMM: { part: 'month', pattern: anyOf(MONTHS), read: numberIn(MONTHS) },
  MMM: { part: 'month', pattern: `${anyOf(['Sept', ...short(MONTHS)])}\\.?`, read: numberIn(MONTHS) },
  MM: { part: 'month', pattern: '\\d{2}', read: Number },
  M: { part: 'month', pattern: '\\d{1,2}', read: Number },
  DD: { part: 'day', pattern: '\\d{2}', read: Number },
  D: { part: 'day', pattern: '\\d{1,2}', read: Number },
  dddd: { part: 'weekday', pattern: anyOf(WEEKDAYS), read: numberIn(WEEKDAYS) },
  ddd: { part: 'weekday', pattern: anyOf(short(WEEKDAYS)), read: numberIn(WEEKDAYS) },
  HH: { part: 'hour', pattern: '\\d{2}', read: Number },
  H: { part: 'hour', pattern: '\\d{1,2}', read: Number },
  hh: { part: 'hour of the half day', pattern: '\\d{2}', read: Number },
  h: { part: 'hour of the half day', pattern: '\\d{1,2}', read: Number },
  A: { part: 'half of the day', pattern: '[aApP]\\.?[mM]\\.?', read: (text: string) => (/^a/i.test(text) ? 0 : 12) },
  mm: { part: 'minute', pattern: '\\d{2}', read: Number },
  ss: { part: 'second', pattern: '\\d{2}', read: Number },
  S: { part: 'fraction', pattern: '\\d{1,9}', read: millisecondsOf },
  Z: { part: 'offset', pattern: 'Z|UTC|GMT|[+-]\\d{2}(?::?\\d{2})?', read: offsetMinutes },
  X: { part: 'epoch', pattern: '\\d{1,11}', read: (text: string) => Number(text) * 1000 },
  x: { part: 'epoch', pattern: '\\d{1,14}', read: Number },
} as const;
type Part = (typeof TOKENS)[keyof typeof TOKENS]['part'];
type Parts = Partial<Record<Part, number>>;

/** The tokens of a format, for people who write one. */
export const DATE_TOKENS: readonly string[] = Object.keys(TOKENS);

const isToken = (text: string): text is keyof typeof TOKENS => Object.hasOwn(TOKENS, text);

/** A format cut into tokens and the texts between them. The longest token counts. */
const piecesOf = (format: string): string[] =>
  format.match(/\[[^\]]*\]|YYYY|YY|MMMM|MMM|MM?|DD?|dddd|ddd|HH?|hh?|mm|ss|[ASZXx]|./gs) ?? [];

const partsOf = (format: string): Part[] =>
  piecesOf(format).flatMap((piece) => (isToken(piece) ? [TOKENS[piece].part] : []));

/** Whether the dates of a format are instants by themselves, so that they need no zone. */
export const formatHasOffset = (format: string): boolean =>
  partsOf(format).some((part) => part === 'offset' || part === 'epoch');

/** The parts that each part of a date needs. The hour of the half day takes the place of the hour. */
const NEEDS: Record<Part, readonly Part[]> = {
  year: ['month'],
  month: ['day'],
  day: ['year'],
  weekday: ['day'],
  hour: ['minute'],
  'hour of the half day': ['minute', 'half of the day'],
  'half of the day': ['hour of the half day'],
  minute: ['hour'],
  second: ['minute'],
  fraction: ['second'],
  offset: ['minute'],
  epoch: [],
};

/** The reason why a text is not a date format, or undefined. */
export function whyNotFormat(format: string): string | undefined {
  const parts = partsOf(format);
  const stray = piecesOf(format).find(isStray);
  if (stray) return `"${stray}" is not one of ${DATE_TOKENS.join(', ')}; text stands in square brackets`;
  if (parts.includes('epoch'))
    return parts.length > 1 ? 'has an epoch, which is a whole date, and something else' : undefined;
  if (!parts.includes('year')) return 'has no YYYY or YY';
  const repeated = parts.find((part, index) => parts.indexOf(part) < index);
  if (repeated) return `has the ${repeated} twice`;
  if (parts.includes('hour') && parts.includes('hour of the half day')) return 'has the hour twice';
  const has = (part: Part) => parts.includes(part) || (part === 'hour' && parts.includes('hour of the half day'));
  const lonely = parts.find((part) => !NEEDS[part].every(has));
  return lonely && `has the ${lonely} without the ${NEEDS[lonely].join(' and the ')}`;
}

const isStray = (piece: string): boolean => !isToken(piece) && piece !== 'T' && /^[\p{L}\p{N}]/u.test(piece);

/** Reads a text as an instant such as `2026-03-01T09:30:00Z`, or returns undefined. */
export type DateReader = (text: string) => string | undefined;

/**
 * Compiles a format once for all dates of a file. Its reader takes a date exactly as the format says. A date without a time is its
 * midnight. A wall time that daylight saving skips moves forward by the length of the gap. The earlier of two equal wall times counts.
 */
export function compileDates(format: string, zone = 'UTC'): DateReader {
  const pieces = piecesOf(format);
  const tokens = pieces.flatMap((piece) => (isToken(piece) ? [TOKENS[piece]] : []));
  const pattern = new RegExp(`^${pieces.map(patternOf).join('')}$`);
  return (text) => {
    const match = pattern.exec(text);
    if (!match) return undefined;
    const parts: Parts = {};
    for (const [index, { part, read }] of tokens.entries()) parts[part] = read(match[index + 1] ?? '');
    if (parts.epoch !== undefined) return printInstant(parts.epoch);
    const local = localMs(parts);
    if (local === undefined) return undefined;
    return printInstant(parts.offset === undefined ? instantOfWallTime(zone, local) : local - parts.offset * MINUTE_MS);
  };
}

const patternOf = (piece: string): string => {
  if (isToken(piece)) return `(${TOKENS[piece].pattern})`;
  return (/^\[.*\]$/s.test(piece) ? piece.slice(1, -1) : piece).replaceAll(/[^\w\s]/g, String.raw`\$&`);
};

/** The wall time as milliseconds, counted as if its clock were UTC; undefined if there is no such day or time. */
function localMs(parts: Parts): number | undefined {
  const { year = 0, month = 0, day = 0, minute = 0, second = 0, fraction = 0, weekday } = parts;
  const hour = hourOf(parts);
  const midnight = Date.UTC(year, month - 1, day);
  const date = new Date(midnight);
  // `Date.UTC` takes the 30th of February for the 2nd of March, and the years 0 to 99 for those of the last century.
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const isOtherDay = weekday !== undefined && weekday % 7 !== date.getUTCDay();
  if (!exists || isOtherDay || !(hour < DAY_MS / HOUR_MS) || minute > 59 || second > 59) return undefined;
  return midnight + hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + fraction;
}

/** 12 AM is midnight, and 12 PM is noon. */
function hourOf({ hour = 0, 'hour of the half day': twelfth, 'half of the day': half = 0 }: Parts): number {
  if (twelfth === undefined) return hour;
  return twelfth >= 1 && twelfth <= 12 ? (twelfth % 12) + half : Number.NaN;
}

const printInstant = (ms: number): string | undefined => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/\.?0*Z$/, 'Z');
};
