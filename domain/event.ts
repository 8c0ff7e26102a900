import type { z } from 'zod';

import { canonicalJson, sha256 } from './canonical.ts';
import type { CurrencyCode } from './currency.ts';
import { EventShape } from './event-shape.ts';
import { isFiner, parseExact, roundExact } from './exact-amount.ts';
import { READING_DIGITS, whyNotAmount, whyNotExactAmount } from './fields.ts';
import { formatMinor, parseDecimal, parseMinor } from './money.ts';

/** The kind that takes back another event. Programs name every other kind. */
export const REFUND = 'refund';
/** The kinds that say which part of a sale was paid: a payment that came in, and one that went back, such as a bounced check. */
export const COLLECTED = 'collected';
export const UNCOLLECTED = 'uncollected';
export const isCollection = (kind: string): boolean => kind === COLLECTED || kind === UNCOLLECTED;
/** The name of the field by which an event says what it is about. */
export const aboutField = (kind: string): 'refundOf' | 'collects' => (isCollection(kind) ? 'collects' : 'refundOf');

/** Weights are kept as whole numbers of millionths. */
const WEIGHT_DIGITS = 6;
/** The kind of the events by which Bursar closes a window. Nobody else sends the kinds of our own events. */
export const CLOSING = 'closing';
/** The kind of the events by which Bursar works out a partner's events again. */
export const RE_RATING = 're_rating';
/** The kind of the events by which Bursar has a window worked out again whose quota was changed. */
export const QUOTA = 'quota';
/** The kind of the events by which Bursar changes a part of a pool that was divided again. */
export const DIVISION = 'division';
/** Whether events of a kind are our own. They change windows, and measure nothing themselves. */
export const isOurs = (kind: string): boolean => [CLOSING, DIVISION, QUOTA, RE_RATING].includes(kind);
/** The kind of the events of ours by which deals earn that were won. Plans pay it like any other kind. */
export const DEAL_WON = 'deal_won';
export const OUR_SOURCE = 'bursar';
/** The sources of earnings that no event brought. Events may not pass for them. */
const OTHER_SOURCES = ['correction', 'conversion', 'resolution'];

/** An objection to a field, by a rule that looks at more than one field. */
type Objection = { path: (string | number)[]; reason: string };

const objection = (broken: boolean, path: string, reason: string): Objection[] =>
  broken ? [{ path: [path], reason }] : [];

/**
 * Amounts need a currency, and have at most as many digits as that currency. The main amount may have some more where its program takes
 * exact amounts, which is judged later.
 */
function moneyObjections({ kind, currency, amount, amounts = {} }: EventShape): Objection[] {
  const given = [
    ...(amount === undefined ? [] : [{ path: ['amount'], text: amount }]),
    ...Object.entries(amounts).map(([name, text]) => ({ path: ['amounts', name], text })),
  ];
  if (!currency) return objection(given.length > 0, 'currency', 'is needed with an amount');
  return given.flatMap(({ path, text }) => {
    const mayBeFiner = path[0] === 'amount' && !isCollection(kind) && isFiner(text, currency);
    const reason = mayBeFiner ? whyNotExactAmount(text, currency) : whyNotAmount(text, currency);
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

/** A payment names the event that it pays, and how much. */
function collectionObjections(event: EventShape): Objection[] {
  const { id, kind, amount, amounts, quantity, collects } = event;
  if (!isCollection(kind))
    return objection(collects !== undefined, 'collects', `is only for the kinds ${COLLECTED} and ${UNCOLLECTED}`);
  return [
    ...objection(collects === undefined, 'collects', 'is needed: the id of the paid event in the same source'),
    ...objection(collects === id, 'collects', 'is the payment itself'),
    ...objection(amount === undefined, 'amount', 'is needed: the part that was paid'),
    ...objection(amounts !== undefined, 'amounts', 'are not for a payment, which pays the main amount'),
    ...objection(quantity !== undefined, 'quantity', 'is not for a payment, which pays the main amount'),
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
    ...objection(
      kind === REFUND || isCollection(kind),
      'shares',
      `is not for ${kind === REFUND ? 'a refund' : 'a payment'}: it follows the shares of its event`,
    ),
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
    ...collectionObjections(event),
    ...shareObjections(event),
    ...objection(event.reading !== undefined && event.kind === REFUND, 'reading', 'cannot be refunded: correct it'),
    ...objection(event.reading !== undefined && isCollection(event.kind), 'reading', 'is not for a payment'),
    ...objection(isOurs(event.kind) || event.kind === DEAL_WON, 'kind', `is ${event.kind}, which Bursar sends itself`),
    ...objection(
      [OUR_SOURCE, ...OTHER_SOURCES].includes(event.source),
      'source',
      `is ${event.source}, which is our own`,
    ),
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
  /** The main amount in ten-thousandths of a minor unit, where it has more digits than its currency. `minor` is then rounded, half-even. */
  readonly exact?: bigint | null;
  readonly otherAmounts: Readonly<Record<string, bigint>>;
  readonly quantity: number | null;
  /** The id of the event, in the same source, that it refunds, or whose payment it tells of. */
  readonly about: string | null;
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
  const exact = currency && amount !== undefined && isFiner(amount, currency) ? parseExact(amount, currency) : null;
  return {
    source,
    id,
    program,
    partner,
    kind,
    occurredAtMs: Date.parse(wire.occurredAt),
    currency: currency ?? null,
    minor: amount === undefined ? null : exact === null ? minorOf(amount) : roundExact(exact),
    ...(exact !== null && { exact }),
    otherAmounts: Object.fromEntries(Object.entries(amounts).map(([name, text]) => [name, minorOf(text)])),
    quantity: wire.quantity ?? null,
    about: wire.refundOf ?? wire.collects ?? null,
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
  const given: Record<string, unknown> = {
    ...event,
    ...(shares.length > 0 && { shares: [...shares] }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(revision > 1 && { revision }),
  };
  const said: Record<string, unknown> = {};
  for (const name of Object.keys(given)) if (given[name] !== null) said[name] = given[name];
  return sha256(canonicalJson(said));
}

/** An event less what refunds took back from it. */
export type RemainingEvent = Event & {
  /** The part of the main amount that was paid until now, and never more than is left of it. 0 where there is no amount. */
  readonly collectedMinor: bigint;
  /** Whether the event itself does not count: its main amount or all its units went back, or it counts for another partner. */
  readonly isGone: boolean;
  /** The event before any refund. Absent where nothing went back. */
  readonly whole?: RemainingEvent;
};
