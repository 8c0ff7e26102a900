import { z } from 'zod';

import { canonicalJson, sha256 } from './canonical.ts';
import type { CurrencyCode } from './currency.ts';
import {
  AmountName,
  AttributeName,
  Code,
  Currency,
  Decimal,
  EventKind,
  QUANTITY_MAX,
  Reading,
  READING_DIGITS,
  Source,
  whyNotAmount,
} from './fields.ts';
import { formatMinor, parseDecimal, parseMinor } from './money.ts';

/** The kind that takes back another event. Programs name every other kind. */
export const REFUND = 'refund';

const SHARES_MIN = 2;
const SHARES_MAX = 20;
/** Weights are kept as whole numbers of millionths. */
const WEIGHT_DIGITS = 6;
/** The kind of the events by which Bursar closes a window, and their source. Nobody else sends them. */
export const CLOSING = 'closing';
export const OUR_SOURCE = 'bursar';

const AMOUNTS_MAX = 20;
export const ATTRIBUTES_MAX = 20;
export const ATTRIBUTE_CHARS_MAX = 200;
const REVISION_MAX = 1_000_000;
const YEAR_MIN = 2000;
const YEAR_MAX = 2100;

const isSaneYear = (instant: string): boolean => {
  const year = new Date(instant).getUTCFullYear();
  return year >= YEAR_MIN && year < YEAR_MAX;
};

const WireShare = z.strictObject({
  partner: Code.meta({ description: 'The code of a partner who has a part in the event', examples: ['paula'] }),
  weight: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,6})?$/, 'is not a decimal number such as 1 or 2.5')
    .refine((text) => /[1-9]/.test(text), 'is 0, and a share is more than nothing')
    .meta({
      description: 'The weight of the share, a decimal string above 0; only the ratios count',
      examples: ['75'],
    }),
});

const EVENT_ID = /^[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?$/;
const EVENT_ID_REASON = 'is not 1 to 200 printable ASCII characters';

const EventShape = z.strictObject({
  source: Source,
  id: z
    .string()
    .regex(EVENT_ID, EVENT_ID_REASON)
    .meta({
      description: 'The id of the event in its source; with `source` it names the event for ever',
      examples: ['order-1001'],
    }),
  program: Code.meta({ description: 'The code of the program that pays for the event', examples: ['resale'] }),
  partner: Code.meta({ description: 'The code of the partner who did it', examples: ['paula'] }),
  kind: EventKind,
  shares: z
    .array(WireShare)
    .min(SHARES_MIN)
    .max(SHARES_MAX)
    .meta({
      description: `${SHARES_MIN} to ${SHARES_MAX} partners who share the event, with their weights. Every amount and the quantity are split, and the parts add up to the whole. The first one is \`partner\`, for whom the event counts as one event`,
      examples: [
        [
          { partner: 'paula', weight: '75' },
          { partner: 'peter', weight: '25' },
        ],
      ],
    })
    .optional(),
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
      description: `Up to ${AMOUNTS_MAX} other amounts by name, decimal strings in major units of \`currency\`. For a refund they are the parts that went back, and what it does not name stays`,
      examples: [{ freight: '12.50' }],
    })
    .optional(),
  quantity: z
    .int()
    .min(1)
    .max(QUANTITY_MAX)
    .meta({
      description: 'How many units, for incentives that count units. For a refund it is how many went back',
      examples: [3],
    })
    .optional(),
  attributes: z
    .record(AttributeName, z.string().min(1).max(ATTRIBUTE_CHARS_MAX))
    .refine((attributes) => Object.keys(attributes).length <= ATTRIBUTES_MAX, `has more than ${ATTRIBUTES_MAX} names`)
    .meta({
      description: `Up to ${ATTRIBUTES_MAX} facts about the event, such as its product or its customer, by the names that the program declares`,
      examples: [{ product: 'router-x', customer: 'kim' }],
    })
    .optional(),
  reading: Reading.optional(),
  revision: z
    .int()
    .min(1)
    .max(REVISION_MAX)
    .meta({
      description:
        'The number of this version of the event, 1 if left out. The same id with a higher revision corrects the event',
      examples: [2],
    })
    .optional(),
  refundOf: z
    .string()
    .regex(EVENT_ID, EVENT_ID_REASON)
    .meta({
      description: 'Only for the kind `refund`: the id of the refunded event in the same source',
      examples: ['order-1001'],
    })
    .optional(),
});
type EventShape = z.infer<typeof EventShape>;

/** An objection to a field, by a rule that looks at more than one field. */
type Objection = { path: (string | number)[]; reason: string };

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

/** A refund names the event that it takes back, and the measures that went back. The others stay. */
function refundObjections({ id, kind, amount, amounts = {}, quantity, refundOf }: EventShape): Objection[] {
  if (kind !== REFUND) return objection(refundOf !== undefined, 'refundOf', `is only for the kind ${REFUND}`);
  const given = [...(amount === undefined ? [] : [amount]), ...Object.values(amounts)];
  const isEmpty = given.length > 0 && quantity === undefined && given.every((text) => !/[1-9]/.test(text));
  return [
    ...objection(refundOf === undefined, 'refundOf', 'is needed: the id of the refunded event in the same source'),
    ...objection(refundOf === id, 'refundOf', 'is the refund itself'),
    ...objection(isEmpty, 'amount', 'is zero, and so is all else: leave the amounts out to refund the whole'),
  ];
}

/** Shares belong to different partners, the first of whom is that of the event. A refund follows the shares of its event. */
function shareObjections({ kind, partner, shares = [] }: EventShape): Objection[] {
  const [first] = shares;
  if (!first) return [];
  const codes = shares.map((share) => share.partner);
  const repeated = codes.findIndex((code, index) => codes.indexOf(code) < index);
  const at = (broken: boolean, index: number, reason: string): Objection[] =>
    broken ? [{ path: ['shares', index, 'partner'], reason }] : [];
  return [
    ...objection(kind === REFUND, 'shares', 'is not for a refund: it follows the shares of its event'),
    ...at(first.partner !== partner, 0, `is not ${partner}, the partner of the event, who comes first`),
    ...at(repeated >= 0, repeated, `is ${codes[repeated]} a second time`),
  ];
}

/** One thing that a partner did, as it is sent to us. An amount is a decimal string. The amount of a refund says how much was refunded. */
export const WireEvent = EventShape.superRefine((event, context) => {
  const objections = [
    ...objection(event.kind === 'sale' && event.amount === undefined, 'amount', 'is needed for a sale'),
    ...moneyObjections(event),
    ...refundObjections(event),
    ...shareObjections(event),
    ...objection(event.reading !== undefined && event.kind === REFUND, 'reading', 'cannot be refunded: correct it'),
    ...objection(event.kind === CLOSING, 'kind', `is ${CLOSING}, which Bursar sends itself`),
    ...objection(event.source === OUR_SOURCE, 'source', `is ${OUR_SOURCE}, which is our own`),
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
  /** The main amount. A refund without it, without other amounts and without a quantity takes back all that is left of the sale. */
  readonly minor: bigint | null;
  readonly otherAmounts: Readonly<Record<string, bigint>>;
  readonly quantity: number | null;
  readonly refundOf: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  /** A reading of a metric: its value in millionths, and a local date of the window that it is about. */
  readonly reading: { readonly metric: string; readonly value: bigint; readonly on: string | null } | null;
  readonly revision: number;
  /** The partners who share it, the first of whom is `partner`. Empty where one partner did it alone. */
  readonly shares: readonly Share[];
};

/** Prints a weight as the shortest decimal string. */
export const formatWeight = (weight: bigint): string => formatMinor(weight, WEIGHT_DIGITS).replace(/\.?0+$/, '');

/** A partner's part of an event. Weights are millionths, and only their ratios count. */
export type Share = { readonly partner: string; readonly weight: bigint };

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
    attributes: wire.attributes ?? {},
    reading: wire.reading
      ? {
          metric: wire.reading.metric,
          value: parseMinor(wire.reading.value, READING_DIGITS),
          on: wire.reading.on ?? null,
        }
      : null,
    revision: wire.revision ?? 1,
    shares: (wire.shares ?? []).map(({ partner: code, weight }) => ({
      partner: code,
      weight: parseMinor(weight, WEIGHT_DIGITS),
    })),
  };
}

/**
 * The SHA-256 of what an event says. Equal meaning gives an equal hash: `10.0` and `10.00`, or an offset and its instant in
 * UTC. Absent fields are left out, so that a field that is added one day does not change the hashes of earlier events.
 */
export function eventHash({ attributes, revision, shares, ...event }: Event): Buffer {
  const given = {
    ...event,
    shares: shares.length > 0 ? [...shares] : null,
    attributes: Object.keys(attributes).length > 0 ? attributes : null,
    revision: revision > 1 ? revision : null,
  };
  return sha256(canonicalJson(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))));
}

/** An event less what refunds took back from it. */
export type RemainingEvent = Event & {
  /** Whether the event itself does not count: its main amount or all its units went back, or it counts for another partner. */
  readonly isGone: boolean;
  /** The event before any refund. Absent where nothing went back. */
  readonly whole?: RemainingEvent;
};
