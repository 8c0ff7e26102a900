import { MINUTE_MS } from '../durations.ts';
import { REFUND } from '../event.ts';
import { type Header, readAmount, readInstant, readTest, type Report, type Row } from './import-cells.ts';
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
export type DraftRefund = { readonly event: object; readonly columns: Readonly<Record<string, Mapped>> };

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

function compileRefund(header: Header, { when, amount, afterMinutes, occurredAt }: RefundMapping): ReadRefund {
  const fits = when && readTest(header, when);
  const read = amount === undefined ? undefined : readAmount(header, amount);
  const readDate = occurredAt && readInstant(header, occurredAt);
  const columns = { amount, occurredAt };
  return (row, report, sale) => {
    if (fits && !fits(row)) return undefined;
    const { source, id, program, partner, currency } = sale;
    const text = read?.(row, report, currency);
    if (read && text === undefined && fits)
      report(columnsIn(amount).join(', '), 'is empty, although the row says that its sale was refunded');
    if (read && (text === undefined || !/[1-9]/.test(text))) return undefined;
    const event = {
      source,
      program,
      partner,
      kind: REFUND,
      id: `${id}:refund`,
      occurredAt: readDate ? readDate(row, report) : later(sale.occurredAt, afterMinutes ?? 0),
      refundOf: id,
      ...(text === undefined ? {} : { amount: text }),
      ...(text === undefined || currency === undefined ? {} : { currency }),
    };
    return { event, columns };
  };
}

function later(instant: string, minutes: number): string {
  const ms = Date.parse(instant);
  return Number.isNaN(ms) ? '' : new Date(ms + minutes * MINUTE_MS).toISOString().replace('.000Z', 'Z');
}
