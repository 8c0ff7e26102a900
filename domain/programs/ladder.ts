import { z } from 'zod';

import { addDays } from '../calendar.ts';
import type { CurrencyCode } from '../currency.ts';
import { Currency } from '../fields.ts';
import { FactValue } from '../partners/fact.ts';
import { formatMeasured, isMoney, isReading, Measure, readFrom, whyNotFrom } from './incentives/measure.ts';
import type { Objection } from './incentives/pay.ts';
import { When } from './incentives/when.ts';
import { CALENDAR_WINDOWS, windowEnd, windowStart } from './incentives/window.ts';

/** A ladder gives partners the value of a fact, such as a tier, for their volume of a window. The value holds in the window after it. */

const RUNGS_MAX = 20;
const GRACE_DAYS_MAX = 90;
/** Two years. */
const BEGINS_WITHIN_DAYS = 731;
/** Numbers of units and events have no currency. Nothing is printed with this one. */
const NO_CURRENCY: CurrencyCode = 'USD';

export const LadderTerms = z
  .strictObject({
    when: When.pick({ kinds: true, event: true })
      .default({ kinds: ['sale'] })
      .meta({ description: 'The events that count: sales by default' }),
    measure: Measure.default('amount'),
    /** The currency of the events that count, where money is measured. */
    currency: Currency.optional(),
    window: z.enum(CALENDAR_WINDOWS).meta({
      description:
        "The events that are counted together: those of a calendar month, quarter, half-year or year in the zone of the program's schedule",
      examples: ['quarter'],
    }),
    graceDays: z
      .int()
      .min(0)
      .max(GRACE_DAYS_MAX)
      .default(0)
      .meta({
        description:
          'How many days after the end of the window late events and refunds are waited for. Later ones do not change its rung',
        examples: [5],
      }),
    rungs: z
      .array(
        z.strictObject({
          from: z.string().meta({ description: 'The volume at which the rung begins', examples: ['50000.00'] }),
          value: FactValue.meta({ description: 'The value of the fact', examples: ['silver'] }),
        }),
      )
      .min(1)
      .max(RUNGS_MAX)
      .meta({
        description: 'The rungs, the lowest first, which begins at 0',
        examples: [
          [
            { from: '0', value: 'bronze' },
            { from: '50000.00', value: 'silver' },
          ],
        ],
      }),
    mayFall: z
      .boolean()
      .default(true)
      .meta({ description: 'Whether a partner may fall to a lower rung', examples: [true] }),
    floor: FactValue.meta({
      description:
        'The rung below which no partner falls who has reached it; without it, partners may fall to the lowest',
      examples: ['silver'],
    }).optional(),
  })
  .superRefine((terms, context) => {
    for (const { path, reason } of objectionsTo(terms))
      context.addIssue({ code: 'custom', path: [...path], message: reason });
  })
  .meta({ id: 'LadderTerms', description: 'The rungs that partners reach by their volume of a window' });
export type LadderTerms = z.infer<typeof LadderTerms>;

const objection = (broken: boolean, path: Objection['path'], reason: string): Objection[] =>
  broken ? [{ path, reason }] : [];

function objectionsTo({ measure, currency, rungs, mayFall, floor }: LadderTerms): Objection[] {
  if (isReading(measure))
    return [{ path: ['measure'], reason: 'is a reading, and a ladder counts what events add up to' }];
  if (isMoney(measure) !== (currency !== undefined))
    return isMoney(measure)
      ? [{ path: ['currency'], reason: 'is needed: currencies are never added up' }]
      : [{ path: ['currency'], reason: `is only for money, and ${measure} is counted in every currency` }];
  const wrong = rungs.flatMap(({ from }, index): Objection[] => {
    const reason = whyNotFrom(from, measure, currency ?? NO_CURRENCY);
    return reason === undefined ? [] : [{ path: ['rungs', index, 'from'], reason }];
  });
  if (wrong.length > 0) return wrong;
  const starts = rungs.map(({ from }) => readFrom(from, measure, currency ?? NO_CURRENCY));
  const values = rungs.map(({ value }) => value);
  return [
    ...objection(starts[0] !== 0n, ['rungs', 0, 'from'], 'is not 0, so a partner with less would have no rung'),
    ...starts.flatMap((from, index) =>
      objection(
        index > 0 && from <= (starts[index - 1] ?? 0n),
        ['rungs', index, 'from'],
        'is not more than that of the rung before',
      ),
    ),
    ...values.flatMap((value, index) =>
      objection(values.indexOf(value) < index, ['rungs', index, 'value'], `is ${value} a second time`),
    ),
    ...objection(
      floor !== undefined && !values.includes(floor),
      ['floor'],
      `is not one of the rungs: ${values.join(', ')}`,
    ),
    ...objection(
      floor !== undefined && !mayFall,
      ['floor'],
      'changes nothing where nobody falls: leave it out, or let partners fall',
    ),
  ];
}

/** A version of a ladder. It counts the windows that begin on its first day or later. Without terms, the ladder ends. */
export type DatedLadder = { readonly id: number; readonly from: string; readonly terms: LadderTerms | null };

/** A window that is counted, and the days on which its rung holds. */
export type LadderWindow = {
  readonly versionId: number;
  readonly terms: LadderTerms;
  readonly start: string;
  /** The first local day after the window, from which its rung holds. */
  readonly from: string;
  /** The first local day on which it no longer holds. */
  readonly until: string;
  /** The local date on which it is closed. */
  readonly closesOn: string;
};

type InForce = DatedLadder & { readonly terms: LadderTerms };
const inForce = (versions: readonly DatedLadder[], day: string): DatedLadder | undefined =>
  versions.findLast(({ from }) => from <= day);
const hasTerms = (version: DatedLadder | undefined): version is InForce =>
  version !== undefined && version.terms !== null;

/** The first local day of the window that a day is in. */
const startIn = ({ terms: { window } }: InForce, day: string): string => windowStart(window, day) ?? day;
const endAfter = ({ terms: { window } }: InForce, start: string): string => windowEnd(window, start) ?? start;

/** The window that is counted until a local day, exclusive, by versions in the order of their days. Undefined where none is. */
function windowUntil(versions: readonly DatedLadder[], end: string): LadderWindow | undefined {
  const last = addDays(end, -1);
  const version = inForce(versions, last);
  if (!hasTerms(version)) return undefined;
  const next = inForce(versions, end);
  return {
    versionId: version.id,
    terms: version.terms,
    start: startIn(version, last),
    from: end,
    until: endAfter(hasTerms(next) ? next : version, end),
    closesOn: addDays(end, version.terms.graceDays),
  };
}

/** The window that decides the rung of a local day: the one before that of the day. Undefined where none is counted. */
export function windowDeciding(versions: readonly DatedLadder[], day: string): LadderWindow | undefined {
  const version = inForce(versions, day);
  if (!version) return undefined;
  const decided = windowUntil(versions, hasTerms(version) ? startIn(version, day) : version.from);
  return decided && day < decided.until ? decided : undefined;
}

/** The window that a local day is in, which decides the rung of the next one. Undefined where none is counted. */
export function windowOf(versions: readonly DatedLadder[], day: string): LadderWindow | undefined {
  const version = inForce(versions, day);
  return hasTerms(version) ? windowUntil(versions, endAfter(version, startIn(version, day))) : undefined;
}

/** The windows that are closed on a local day, oldest first. A window is closed after those before it, as its rung may depend on theirs. */
export function closedWindows(versions: readonly DatedLadder[], today: string): LadderWindow[] {
  const found: LadderWindow[] = [];
  let day = versions[0]?.from;
  while (day !== undefined && day <= today) {
    const at: string = day;
    const window = windowOf(versions, at);
    if (window && window.closesOn > today) break;
    if (window) found.push(window);
    day = window?.from ?? versions.find(({ from }) => from > at)?.from;
  }
  return found;
}

/**
 * The reason why a version cannot begin on a day, or undefined. Windows never overlap, so each version begins with a window of its own
 * and of the version before.
 */
export function whyNotBegin(
  versions: readonly DatedLadder[],
  { from, terms }: Omit<DatedLadder, 'id'>,
  today: string,
): string | undefined {
  const latest = addDays(today, BEGINS_WITHIN_DAYS);
  if (from > latest) return `is after ${latest}: a version begins within two years`;
  if (versions.length === 0 && terms === null) return 'ends a ladder that never began';
  const before = inForce(versions, addDays(from, -1));
  for (const window of [terms?.window, hasTerms(before) ? before.terms.window : undefined])
    if (window !== undefined && windowStart(window, from) !== from) return `is not the first day of a ${window}`;
  return undefined;
}

const volumeOf = ({ measure, currency = NO_CURRENCY }: LadderTerms, text: string): bigint =>
  readFrom(text, measure, currency);

/** The index of the rung that a volume reaches. */
const reached = (terms: LadderTerms, volume: bigint): number =>
  terms.rungs.findLastIndex(({ from }) => volume >= volumeOf(terms, from));

/** The value that a partner gets by a volume, who had another one before. A value that is no longer a rung is forgotten. */
export function rungAfter(terms: LadderTerms, volume: bigint, before: string | null): string {
  const { rungs, mayFall, floor } = terms;
  const was = rungs.findIndex(({ value }) => value === before);
  const lowest = mayFall ? rungs.findIndex(({ value }) => value === floor) : was;
  const index = Math.max(reached(terms, volume), was >= lowest ? lowest : -1);
  return rungs[index]?.value ?? '';
}

/** A partner's place on a ladder while its window goes on. Volumes are as people read them. */
export type LadderStanding = {
  readonly volume: string;
  /** The value that the volume is enough for so far. */
  readonly value: string;
  readonly next: { readonly value: string; readonly at: string; readonly missing: string } | null;
};

export const printVolume = ({ measure, currency = NO_CURRENCY }: LadderTerms, volume: bigint): string =>
  formatMeasured(volume, measure, currency);

export function ladderStanding(terms: LadderTerms, volume: bigint, before: string | null): LadderStanding {
  const value = rungAfter(terms, volume, before);
  const next = terms.rungs[terms.rungs.findIndex((rung) => rung.value === value) + 1];
  const at = next && volumeOf(terms, next.from);
  return {
    volume: printVolume(terms, volume),
    value,
    next:
      next === undefined || at === undefined
        ? null
        : { value: next.value, at: printVolume(terms, at), missing: printVolume(terms, at - volume) },
  };
}
