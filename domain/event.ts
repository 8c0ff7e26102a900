import { z } from 'zod';

import { canonicalJson, sha256 } from './canonical.ts';
import type { CurrencyCode } from './currency.ts';
import { AmountName, Code, Currency, Decimal, EventKind, QUANTITY_MAX, Source, whyNotAmount } from './fields.ts';
import { parseDecimal } from './money.ts';

/** The kind that takes back another event. Programs name every other kind. */
export const REFUND = 'refund';

const AMOUNTS_MAX = 20;
const YEAR_MIN = 2000;
const YEAR_MAX = 2100;

const isSaneYear = (instant: string): boolean => {
  const year = new Date(instant).getUTCFullYear();
  return year >= YEAR_MIN && year < YEAR_MAX;
};

const EventShape = z.strictObject({
  source: Source,
  id: z
    .string()
    .regex(/^[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?$/, 'is not 1 to 200 printable ASCII characters')
    .meta({
      description: 'The id of the event in its source; with `source` it names the event for ever',
      examples: ['order-1001'],
    }),
  program: Code.meta({ description: 'The code of the program that pays for the event', examples: ['resale'] }),
  partner: Code.meta({ description: 'The code of the partner who did it', examples: ['paula'] }),
  kind: EventKind,
  occurredAt: z.iso
    .datetime({
      offset: true,
      error: 'is not an instant such as 2026-03-01T09:30:00Z: date, time and offset are needed',
    })
    .refine(isSaneYear, `is not between ${YEAR_MIN} and ${YEAR_MAX}`)
    .meta({
      description: 'When it happened: an RFC 3339 instant with its offset, at most 5 minutes ahead of our clock',
      examples: ['2026-02-10T12:00:00Z'],
    }),
  currency: Currency.optional(),
  amount: Decimal.meta({
    description:
      'The main amount, a decimal string in major units of `currency`. For a refund it is the refunded amount, and a refund without it takes back the whole sale',
    examples: ['1234.56'],
  }).optional(),
  amounts: z
    .record(AmountName, Decimal)
    .refine((amounts) => Object.keys(amounts).length <= AMOUNTS_MAX, `has more than ${AMOUNTS_MAX} names`)
    .meta({
      description: `Up to ${AMOUNTS_MAX} other amounts by name, decimal strings in major units of \`currency\``,
      examples: [{ freight: '12.50' }],
    })
    .optional(),
  quantity: z
    .int()
    .min(1)
    .max(QUANTITY_MAX)
    .meta({ description: 'How many units, for incentives that pay for each unit', examples: [3] })
    .optional(),
  refundOf: z
    .string()
    .min(1)
    .max(200)
    .meta({
      description: 'Only for the kind `refund`: the id of the refunded event in the same source',
      examples: ['order-1001'],
    })
    .optional(),
});
type EventShape = z.infer<typeof EventShape>;

/** An objection to a field, by a rule that looks at more than one field. */
type Objection = { path: string[]; reason: string };

const objection = (broken: boolean, path: string, reason: string): Objection[] =>
  broken ? [{ path: [path], reason }] : [];

/** Amounts need a currency, and have at most as many digits as that currency. */
function moneyObjections({ currency, amount, amounts = {} }: EventShape): Objection[] {
  const given = [
    ...(amount === undefined ? [] : [{ path: ['amount'], text: amount }]),
    ...Object.entries(amounts).map(([name, text]) => ({ path: ['amounts', name], text })),
  ];
  if (!currency) return objection(given.length > 0, 'currency', 'is needed with an amount');
  return given.flatMap(({ path, text }) => {
    const reason = whyNotAmount(text, currency);
    return reason ? [{ path, reason }] : [];
  });
}

/** A refund names the event that it takes back. Only its main amount says how much, and all else follows in proportion. */
function refundObjections({ id, kind, amount, amounts, quantity, refundOf }: EventShape): Objection[] {
  if (kind !== REFUND) return objection(refundOf !== undefined, 'refundOf', `is only for the kind ${REFUND}`);
  return [
    ...objection(refundOf === undefined, 'refundOf', 'is needed: the id of the refunded event in the same source'),
    ...objection(refundOf === id, 'refundOf', 'is the refund itself'),
    ...objection(amount !== undefined && !/[1-9]/.test(amount), 'amount', 'is zero: leave it out to refund the whole'),
    ...objection(amounts !== undefined, 'amounts', 'are taken back with the main amount, in proportion'),
    ...objection(quantity !== undefined, 'quantity', 'is taken back with the main amount, in proportion'),
  ];
}

/** One thing that a partner did, as it is sent to us. An amount is a decimal string. The amount of a refund says how much was refunded. */
export const WireEvent = EventShape.superRefine((event, context) => {
  const objections = [
    ...objection(event.kind === 'sale' && event.amount === undefined, 'amount', 'is needed for a sale'),
    ...moneyObjections(event),
    ...refundObjections(event),
  ];
  for (const { path, reason } of objections) context.addIssue({ code: 'custom', path, message: reason });
}).meta({ id: 'NewEvent', description: 'One thing that a partner did' });
export type WireEvent = z.infer<typeof WireEvent>;

/** One thing that a partner did, as the rules read it. Amounts are minor units of the currency. */
export type Event = {
  readonly source: string;
  readonly id: string;
  readonly program: string;
  readonly partner: string;
  readonly kind: string;
  /** Epoch milliseconds. Finer digits are cut off. */
  readonly occurredAtMs: number;
  readonly currency: CurrencyCode | null;
  /** The main amount. Null on a refund means all that is left of the sale. */
  readonly minor: bigint | null;
  readonly otherAmounts: Readonly<Record<string, bigint>>;
  readonly quantity: number | null;
  readonly refundOf: string | null;
};

export function toEvent(wire: WireEvent): Event {
  const { source, id, program, partner, kind, currency, amount, amounts = {} } = wire;
  const minorOf = (text: string) => (currency ? parseDecimal(text, currency).minor : 0n);
  return {
    source,
    id,
    program,
    partner,
    kind,
    occurredAtMs: Date.parse(wire.occurredAt),
    currency: currency ?? null,
    minor: amount === undefined ? null : minorOf(amount),
    otherAmounts: Object.fromEntries(Object.entries(amounts).map(([name, text]) => [name, minorOf(text)])),
    quantity: wire.quantity ?? null,
    refundOf: wire.refundOf ?? null,
  };
}

/**
 * The SHA-256 of what an event says. Equal meaning gives an equal hash: `10.0` and `10.00`, or an offset and its instant in
 * UTC. Absent fields are left out, so that a field that is added one day does not change the hashes of earlier events.
 */
export const eventHash = (event: Event): Buffer =>
  sha256(canonicalJson(Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null))));
