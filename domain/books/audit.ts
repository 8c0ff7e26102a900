import { z } from 'zod';

import { addMonths, startOfDay } from '../calendar.ts';
import { roundExact } from '../exact-amount.ts';
import { scopeKey } from '../earnings/scope-state.ts';
import type { ScopeName } from '../earnings/target.ts';
import { Code, Currency, Decimal, whyNotAmount } from '../fields.ts';
import { formatMinor, parseDecimal } from '../money.ts';
import { digitsOf, type UnitCode } from '../unit.ts';

/** A month of a program is worked out again from events and terms, and compared with the books and with what the sources say. */

const COUNT_MAX = 1_000_000_000_000;

/** So many events are named by which a partner's earnings differ. */
export const EVENTS_NAMED = 5;

/** The total of a month as a source states it: of all its events, or of those of one kind or currency. */
export const ControlTotal = z
  .strictObject({
    source: Code.meta({ description: 'The source of the events', examples: ['shop'] }),
    kind: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,39}$/)
      .optional()
      .meta({ description: 'The kind of the events; all kinds by default', examples: ['sale'] }),
    currency: Currency.optional(),
    count: z
      .int()
      .min(0)
      .max(COUNT_MAX)
      .meta({ description: 'The number of events', examples: [1204] }),
    amount: Decimal.optional().meta({
      description: 'The sum of their amounts: a decimal string in major units of `currency`, which it needs',
      examples: ['98765.43'],
    }),
  })
  .superRefine(({ currency, amount }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (amount === undefined) return;
    if (currency === undefined)
      return refuse('currency', 'is needed for an amount, because currencies are never added');
    const message = whyNotAmount(amount, currency);
    if (message) refuse('amount', message);
  });
export type ControlTotal = z.infer<typeof ControlTotal>;

/** The events on file, by source, kind and currency. */
export type OnFile = {
  readonly source: string;
  readonly kind: string;
  /** Empty for events without an amount. */
  readonly currency: string;
  readonly count: number;
  /** The sum of their main amounts, in ten-thousandths of a minor unit. */
  readonly exact: bigint;
};

export type ControlResult = {
  readonly control: ControlTotal;
  readonly count: number;
  /** A decimal string. Null where the control names no amount. */
  readonly amount: string | null;
  readonly differs: boolean;
};

/** Compares control totals with the events on file. */
export const compareControls = (controls: readonly ControlTotal[], onFile: readonly OnFile[]): ControlResult[] =>
  controls.map((control) => {
    const { source, kind, currency } = control;
    const found = onFile.filter(
      (one) =>
        one.source === source &&
        (kind === undefined || one.kind === kind) &&
        (currency === undefined || one.currency === currency),
    );
    const count = found.reduce((total, one) => total + one.count, 0);
    const minor = roundExact(found.reduce((total, one) => total + one.exact, 0n));
    if (currency === undefined || control.amount === undefined)
      return { control, count, amount: null, differs: count !== control.count };
    const expected = parseDecimal(control.amount, currency).minor;
    const amount = formatMinor(minor, digitsOf(currency));
    return { control, count, amount, differs: count !== control.count || minor !== expected };
  });

/** An earning that was worked out again, or that is in the books. */
type Earned = {
  readonly originId: bigint;
  readonly incentiveId: string;
  readonly currency: UnitCode;
  readonly minor: bigint;
  /** The part of its worth that its budget did not pay, in the books. */
  readonly unfunded?: bigint | null;
  readonly scope: Pick<ScopeName, 'window' | 'start' | 'measure' | 'group'> | null;
};

/** A window, or one event with all that happened to it, whose earnings by an incentive do not add up to its worth. */
export type WorthDifference = {
  readonly partnerId: bigint;
  readonly unit: UnitCode;
  /** Its worth, less what is in the books, in minor units. */
  readonly minor: bigint;
  /** The first events of the month whose earnings differ. */
  readonly events: readonly string[];
};

/**
 * Compares earnings that were worked out again with the books, step by step. The order of work decides which event of a window gets a
 * difference of worth, and never the sum. So a difference counts only where it is still there in the end.
 */
export function createDifferences() {
  const open = new Map<string, WorthDifference>();
  return {
    /** Compares one event. It has a name if it is of the month. */
    compare(
      partnerId: bigint,
      { earned, booked }: { earned: readonly Earned[]; booked: readonly Earned[] },
      name: string | null,
    ) {
      const steps = new Map<string, { unit: UnitCode; minor: bigint }>();
      const add = (one: Earned, minor: bigint) => {
        const key = wholeOf(partnerId, one);
        steps.set(key, { unit: one.currency, minor: (steps.get(key)?.minor ?? 0n) + minor });
      };
      for (const one of earned) add(one, one.minor);
      for (const one of booked) add(one, -one.minor - (one.unfunded ?? 0n));
      for (const [key, step] of steps) {
        if (step.minor === 0n) continue;
        const known = open.get(key);
        const minor = (known?.minor ?? 0n) + step.minor;
        const events = withName(known?.events ?? [], name);
        if (minor === 0n) open.delete(key);
        else open.set(key, { partnerId, unit: step.unit, minor, events });
      }
    },
    /** The differences that are left, of windows and events in which the month has a part. */
    found: (): readonly WorthDifference[] => [...open.values()].filter(({ events }) => events.length > 0),
  };
}

const withName = (names: readonly string[], name: string | null): readonly string[] =>
  name === null || names.length >= EVENTS_NAMED || names.includes(name) ? names : [...names, name];

/** Names the window of an earning, or the event that is paid by itself. */
const wholeOf = (partnerId: bigint, { originId, incentiveId, currency, scope }: Earned): string =>
  scope
    ? scopeKey(partnerId, { incentiveId, currency, ...scope })
    : `${partnerId}|${incentiveId}|${currency}|${originId}`;

/** The instants of a month, given by its first day, from the first one until the last one, exclusive. */
export const instantsOf = (month: string, zone: string): { fromMs: number; untilMs: number } => ({
  fromMs: startOfDay(month, zone),
  untilMs: startOfDay(addMonths(month, 1), zone),
});

/** The first day of the month before the one of a date. */
export const monthBefore = (date: string): string => addMonths(`${date.slice(0, 'YYYY-MM'.length)}-01`, -1);
