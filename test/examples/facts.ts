import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { minorOf } from './exact.ts';

/** The events of an example as they stand in the end, read for the golden results. Nothing here comes from the product. */

type Wire = {
  id: string;
  partner: string;
  kind: string;
  occurredAt: string;
  currency?: string;
  amount?: string;
  amounts?: Record<string, string>;
  quantity?: number;
  attributes?: Record<string, string>;
  reading?: Reading;
  revision?: number;
  refundOf?: string;
};

/** A reading of a metric, and a day of the window that it is about. */
type Reading = { metric: string; value: string; on?: string };

export type Fact = {
  id: string;
  partner: string;
  kind: string;
  atMs: number;
  currency: string | undefined;
  /** All amounts by name; the main one is `amount`. */
  amounts: Record<string, bigint>;
  quantity: bigint | undefined;
  attributes: Record<string, string>;
  reading: Reading | undefined;
  isGone: boolean;
};

/** An event with its refunds taken off, and the same event without them. */
export type Happened = { left: Fact; whole: Fact; place: number };

/** All events in the order of their arrival. */
export const readWires = (folder: string, files: readonly string[]): Wire[] =>
  files.flatMap((file) => readEvents(folder, file));

export function readHappened(folder: string, files: readonly string[]): Happened[] {
  const wires = readWires(folder, files);
  const last = new Map<string, Wire>();
  for (const wire of wires) {
    const known = last.get(wire.id);
    if (!known || (wire.revision ?? 1) > (known.revision ?? 1)) last.set(wire.id, wire);
  }
  const refunds = [...last.values()].filter(({ kind }) => kind === 'refund');
  const ids = [...last.keys()];
  return [...last.values()]
    .filter(({ kind }) => kind !== 'refund')
    .map((wire) => {
      const whole = factOf(wire);
      const back = refunds.filter(({ refundOf }) => refundOf === wire.id);
      return { whole, left: back.reduce(takeBack, whole), place: ids.indexOf(wire.id) };
    });
}

const factOf = ({ id, partner, kind, occurredAt, currency, amount, amounts, ...wire }: Wire): Fact => ({
  id,
  partner,
  kind,
  atMs: Date.parse(occurredAt),
  currency,
  amounts: Object.fromEntries(
    Object.entries({ ...(amount === undefined ? {} : { amount }), ...amounts }).map(([name, text]) => [
      name,
      minorOf(text, currency ?? ''),
    ]),
  ),
  quantity: wire.quantity === undefined ? undefined : BigInt(wire.quantity),
  attributes: wire.attributes ?? {},
  reading: wire.reading,
  isGone: false,
});

const off = (from: bigint, taken: bigint): bigint => (from > taken ? from - taken : 0n);

/** Takes one refund off. One that names nothing takes all; a sale without its main amount, or without units, is gone. */
function takeBack(sale: Fact, refund: Wire): Fact {
  const { amounts, quantity } = factOf(refund);
  const takesAll = Object.keys(amounts).length === 0 && quantity === undefined;
  const left = Object.fromEntries(
    Object.entries(sale.amounts).map(([name, minor]) => [name, takesAll ? 0n : off(minor, amounts[name] ?? 0n)]),
  );
  const units = sale.quantity === undefined ? undefined : takesAll ? 0n : off(sale.quantity, quantity ?? 0n);
  const isGone = takesAll || sale.isGone || ('amount' in left ? left['amount'] === 0n : units === 0n);
  return {
    ...sale,
    isGone,
    amounts: isGone && 'amount' in left ? { ...left, amount: 0n } : left,
    quantity: units === undefined ? undefined : isGone ? 0n : units,
  };
}

const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');

function readEvents(folder: string, file: string): Wire[] {
  if (file.endsWith('.json')) return (JSON.parse(read(folder, file)) as { events: Wire[] }).events;
  return readTable(read(folder, file), JSON.parse(read(folder, 'mapping.json')) as Mapping);
}

type Column = string | { column: string };
type Mapping = {
  partner: Column;
  id: Column;
  kind: Column;
  occurredAt: { columns: [string] };
  currency: string;
  amount: Column;
  amounts?: Record<string, Column>;
  refundOf?: Column;
};

/** Reads a table without quotes, whose instants have their offsets. An empty cell is an absent field. */
function readTable(text: string, mapping: Mapping): Wire[] {
  const [header = [], ...rows] = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  return rows.map((cells) => {
    const cell = (field: Column | undefined): string =>
      field === undefined ? '' : typeof field === 'string' ? field : (cells[header.indexOf(field.column)] ?? '');
    const given = (name: string, field: Column | undefined) => (cell(field) === '' ? {} : { [name]: cell(field) });
    const amounts = Object.entries(mapping.amounts ?? {}).flatMap(([name, field]) =>
      Object.entries(given(name, field)),
    );
    return {
      id: cell(mapping.id),
      partner: cell(mapping.partner),
      kind: cell(mapping.kind),
      occurredAt: cell({ column: mapping.occurredAt.columns[0] }),
      currency: mapping.currency,
      ...given('amount', mapping.amount),
      ...(amounts.length > 0 && { amounts: Object.fromEntries(amounts) }),
      ...given('refundOf', mapping.refundOf),
    };
  });
}
