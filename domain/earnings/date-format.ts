import { Temporal } from 'temporal-polyfill';

/** How a file writes its dates, such as `M/D/YYYY H:mm`. */

/**
 * The tokens of a date format, and what each matches. `MM` is the month and `mm` is the minute. One letter takes one or two
 * digits, and two letters take exactly two. `S` takes the digits of a fraction of a second. `Z` takes `Z` or an offset such as
 * `-03:00`. Every other character stands for itself.
 */
const TOKENS = {
  YYYY: { part: 'year', pattern: '\\d{4}' },
  MM: { part: 'month', pattern: '\\d{2}' },
  M: { part: 'month', pattern: '\\d{1,2}' },
  DD: { part: 'day', pattern: '\\d{2}' },
  D: { part: 'day', pattern: '\\d{1,2}' },
  HH: { part: 'hour', pattern: '\\d{2}' },
  H: { part: 'hour', pattern: '\\d{1,2}' },
  mm: { part: 'minute', pattern: '\\d{2}' },
  ss: { part: 'second', pattern: '\\d{2}' },
  S: { part: 'fraction', pattern: '\\d{1,9}' },
  Z: { part: 'offset', pattern: 'Z|[+-]\\d{2}:\\d{2}' },
} as const;
type Part = (typeof TOKENS)[keyof typeof TOKENS]['part'];

/** The tokens of a format, for people who write one. */
export const DATE_TOKENS: readonly string[] = Object.keys(TOKENS);

const isToken = (text: string): text is keyof typeof TOKENS => Object.hasOwn(TOKENS, text);

/** A format cut into tokens and the characters between them. */
const piecesOf = (format: string): string[] => format.match(/YYYY|MM?|DD?|HH?|mm|ss|S|Z|./gs) ?? [];

const partsOf = (format: string): Part[] =>
  piecesOf(format).flatMap((piece) => (isToken(piece) ? [TOKENS[piece].part] : []));

/** Whether a format has an offset, so that its dates need no zone. */
export const formatHasOffset = (format: string): boolean => partsOf(format).includes('offset');

/** The parts that each part of a date needs. */
const NEEDS: Record<Part, readonly Part[]> = {
  year: ['month'],
  month: ['day'],
  day: ['year'],
  hour: ['minute'],
  minute: ['hour'],
  second: ['minute'],
  fraction: ['second'],
  offset: ['minute'],
};

/** The reason why a text is not a date format, or undefined. */
export function whyNotFormat(format: string): string | undefined {
  const parts = partsOf(format);
  const stray = piecesOf(format).find((piece) => !isToken(piece) && piece !== 'T' && /[\p{L}\p{N}]/u.test(piece));
  if (stray) return `"${stray}" is not one of ${DATE_TOKENS.join(', ')}`;
  if (!parts.includes('year')) return 'has no YYYY';
  const repeated = parts.find((part, index) => parts.indexOf(part) < index);
  if (repeated) return `has the ${repeated} twice`;
  const lonely = parts.find((part) => !NEEDS[part].every((need) => parts.includes(need)));
  return lonely && `has the ${lonely} without the ${NEEDS[lonely].join(' and the ')}`;
}

/**
 * Reads a date exactly as its format says, or returns undefined. A date without a time is its midnight. A wall time that daylight
 * saving skips moves forward by the length of the gap. The earlier of two equal wall times counts (Temporal's `compatible`).
 */
export function parseInstant(text: string, format: string, zone: string | undefined): string | undefined {
  const match = patternOf(format).exec(text);
  if (!match) return undefined;
  const { offset, fraction = '', ...parts } = match.groups ?? {};
  const numbers = Object.fromEntries(Object.entries(parts).map(([part, digits]) => [part, Number(digits)]));
  try {
    const { year = 0, month = 0, day = 0, ...time } = numbers;
    const millisecond = Number(fraction.slice(0, 3).padEnd(3, '0'));
    const local = Temporal.PlainDateTime.from({ year, month, day, ...time, millisecond }, { overflow: 'reject' });
    const instant = offset
      ? Temporal.Instant.from(`${local}${offset}`)
      : local.toZonedDateTime(zone ?? 'UTC').toInstant();
    return instant.toString();
  } catch (error) {
    if (error instanceof RangeError) return undefined; // such as the 30th of February
    throw error;
  }
}

const patternOf = (format: string): RegExp => new RegExp(`^${piecesOf(format).map(patternOfPiece).join('')}$`);

const patternOfPiece = (piece: string): string =>
  isToken(piece) ? `(?<${TOKENS[piece].part}>${TOKENS[piece].pattern})` : piece.replace(/[^\w\s]/, '\\$&');
