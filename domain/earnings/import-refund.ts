import { MINUTE_MS } from '../durations.ts';
import { REFUND } from '../event.ts';
import {
  type Header,
  readAmount,
  readAmounts,
  readInstant,
  readQuantity,
  readTest,
  type Report,
  type Row,
} from './import-cells.ts';
import type { RefundMapping } from './import-mapping.ts';
import { columnsIn, type Mapped } from './mapping-fields.ts';

/** The fields of a sale that its refund repeats. */
export type RefundedSale = {
  source: string;
  id: string;
  program: string;
  partner: string;
  kind: string;
  occurredAt: string;
  currency?: string;
};

/** A refund whose fields have not been checked yet, and the columns from which they come. */
export type DraftRefund = {
  readonly event: object;
  readonly columns: Readonly<Record<string, Mapped>>;
  readonly amounts: RefundMapping['amounts'];
};

type ReadRefund = (row: Row, report: Report, sale: RefundedSale) => DraftRefund | undefined;

/** Compiles the refunds that a row may ask for besides its sale. The first that fits makes the event, with an id that stays the same. */
export function compileRefunds(header: Header, refunds: readonly RefundMapping[]): ReadRefund {
  const compiled = refunds.map((refund) => compileRefund(header, refund));
  return (row, report, sale) => {
    if (sale.kind === REFUND) return undefined;
    for (const read of compiled) {
      const refund = read(row, report, sale);
      if (refund) return refund;
    }
    return undefined;
  };
}

function compileRefund(header: Header, mapping: RefundMapping): ReadRefund {
  const { when, afterMinutes, occurredAt, amount, amounts, quantity } = mapping;
  const fits = when && readTest(header, when);
  const readParts = compileParts(header, mapping);
  const readDate = occurredAt && readInstant(header, occurredAt);
  const columns = { amount, quantity, occurredAt };
  return (row, report, sale) => {
    if (fits && !fits(row)) return undefined;
    const { source, id, program, partner, currency } = sale;
    const parts = readParts?.(row, report, currency);
    if (parts?.isEmpty && fits)
      report(columnsIn(amount ?? quantity).join(', '), 'is empty, although the row says that its sale was refunded');
    if (parts && Object.keys(parts.given).length === 0) return undefined;
    const event = {
      source,
      program,
      partner,
      kind: REFUND,
      id: `${id}:refund`,
      occurredAt: readDate ? readDate(row, report) : later(sale.occurredAt, afterMinutes ?? 0),
      refundOf: id,
      ...parts?.given,
      ...(parts && currency !== undefined ? { currency } : {}),
    };
    return { event, columns, amounts };
  };
}

/** The parts of a sale that went back. A part that is zero did not; `isEmpty` says that no cell says anything. */
type Parts = { given: { amount?: string; amounts?: Record<string, string>; quantity?: number }; isEmpty: boolean };

/** Compiles what was taken back. Undefined where the mapping names no part, so that the whole sale is. */
function compileParts(header: Header, { amount, amounts, quantity }: RefundMapping) {
  if (amount === undefined && amounts === undefined && quantity === undefined) return undefined;
  const main = amount === undefined ? undefined : readAmount(header, amount);
  const others = amounts && readAmounts(header, amounts);
  const pieces = quantity === undefined ? undefined : readQuantity(header, quantity);
  return (row: Row, report: Report, currency: string | undefined): Parts => {
    const [text, named, count] = [
      main?.(row, report, currency),
      others?.(row, report, currency),
      pieces?.(row, report),
    ];
    const back = Object.fromEntries(Object.entries(named ?? {}).filter(([, other]) => isAboveZero(other)));
    return {
      isEmpty: text === undefined && named === undefined && count === undefined,
      given: {
        ...(text !== undefined && isAboveZero(text) ? { amount: text } : {}),
        ...(Object.keys(back).length > 0 ? { amounts: back } : {}),
        ...(count ? { quantity: count } : {}),
      },
    };
  };
}

const isAboveZero = (text: string): boolean => /[1-9]/.test(text);

function later(instant: string, minutes: number): string {
  const ms = Date.parse(instant);
  return Number.isNaN(ms) ? '' : new Date(ms + minutes * MINUTE_MS).toISOString().replace('.000Z', 'Z');
}
