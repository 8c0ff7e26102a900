import { Temporal } from 'temporal-polyfill';

import { REFUND, WireEvent } from '../event.ts';
import { parseInstant } from './date-format.ts';
import {
  columnsIn,
  fieldsOf,
  type ImportMapping,
  type Mapped,
  type NumberColumn,
  type OccurredAt,
} from './import-mapping.ts';

/** One row of a file: the text of each column. */
export type Row = Readonly<Record<string, string>>;

/** Why a row makes no event: the column to fix, and what is wrong with it. */
export type RowProblem = { readonly column: string; readonly reason: string };

export type MappedRow = { readonly events: readonly WireEvent[] } | { readonly problems: readonly RowProblem[] };

/** Reads the cells of one row and remembers what is wrong with them, so that one response lists all problems of a row. */
const createReader = (row: Row) => {
  const problems: RowProblem[] = [];
  const report = (column: string, reason: string): void => void problems.push({ column, reason });
  const find = (column: string): string | undefined => row[column]?.trim() || undefined;
  const need = (column: string): string => {
    const text = find(column);
    if (text === undefined) report(column, row[column] === undefined ? 'is not in the file' : 'is empty');
    return text ?? '';
  };
  return { problems, report, find, need };
};
type Reader = ReturnType<typeof createReader>;

/**
 * Makes the events of a row: one event, or a sale and its full refund. Otherwise it says what is wrong with each column of the row.
 * The same row always makes the same events with the same ids, so a file may be sent again.
 */
export function mapRow(mapping: ImportMapping, row: Row): MappedRow {
  const reader = createReader(row);
  const draft = draftOf(mapping, reader);
  if (reader.problems.length > 0) return { problems: reader.problems };
  const checked = [draft, ...refundsOf(mapping, reader, draft)].map((event) => WireEvent.safeParse(event));
  const problems = checked.flatMap(({ error }) => error?.issues ?? []).map((issue) => problemOf(mapping, issue));
  return problems.length > 0 ? { problems } : { events: checked.flatMap(({ data }) => data ?? []) };
}

/** A row as an event whose fields have not been checked yet. An empty optional cell leaves its field out. */
function draftOf(mapping: ImportMapping, reader: Reader) {
  const { source, program, partner, id, kind, occurredAt, currency, refundOf, amount, amounts, quantity } = mapping;
  const eventKind = typeof kind === 'object' ? readKind(reader, kind) : kind;
  const optional = {
    currency: typeof currency === 'object' ? reader.find(currency.column) : currency,
    amount: amount && readAmount(reader, amount),
    amounts: amounts && readAmounts(reader, amounts),
    quantity: quantity && readQuantity(reader, quantity.column),
    refundOf: eventKind === REFUND && refundOf ? readJoined(reader, refundOf) : undefined,
  };
  return {
    source,
    id: readJoined(reader, id),
    program: typeof program === 'object' ? reader.need(program.column) : program,
    partner: `${partner.prefix ?? ''}${reader.need(partner.column)}`,
    kind: eventKind,
    occurredAt: readInstant(reader, occurredAt),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}
type Draft = ReturnType<typeof draftOf>;

/** Joins the cells that identify a row. It refuses a cell that contains the separator, which could give two rows the same id. */
function readJoined(
  { need, report }: Reader,
  { columns, separator }: { columns: string[]; separator: string },
): string {
  const cells = columns.map(need);
  for (const [index, column] of columns.entries())
    if (columns.length > 1 && cells[index]?.includes(separator))
      report(column, `contains the separator "${separator}"`);
  return cells.join(separator);
}

function readKind(
  { need, report }: Reader,
  { column, values }: { column: string; values: Record<string, string> },
): string {
  const text = need(column);
  const kind = Object.hasOwn(values, text) ? values[text] : undefined;
  if (text !== '' && kind === undefined) report(column, `"${text}" is not mapped to a kind of event`);
  return kind ?? '';
}

function readQuantity({ find, report }: Reader, column: string): number | undefined {
  const text = find(column);
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) report(column, `"${text}" is not a whole number`);
  return Number(text);
}

function readAmounts(reader: Reader, amounts: Record<string, NumberColumn>): Record<string, string> | undefined {
  const given = Object.entries(amounts).flatMap(([name, column]) => {
    const text = readAmount(reader, column);
    return text === undefined ? [] : [[name, text] as const];
  });
  return given.length > 0 ? Object.fromEntries(given) : undefined;
}

/** Reads a number as people write it, and returns the decimal string of the wire, digit for digit. */
function readAmount({ find, report }: Reader, { column, decimal, thousands }: NumberColumn): string | undefined {
  const text = find(column);
  if (text === undefined) return undefined;
  const [whole = '', fraction, ...more] = text.split(decimal);
  const grouped = thousands !== undefined && GROUPED[thousands].test(whole);
  const digits = grouped ? whole.replaceAll(/\D/g, '') : whole;
  if (!/^\d+$/.test(digits) || (fraction !== undefined && !/^\d+$/.test(fraction)) || more.length > 0)
    report(column, `"${text}" is not an amount such as 1${thousands ?? ''}234${decimal}50 without a sign`);
  return fraction === undefined ? digits : `${digits}.${fraction}`;
}

const GROUPED = {
  ',': /^\d{1,3}(,\d{3})+$/,
  '.': /^\d{1,3}(\.\d{3})+$/,
  ' ': /^\d{1,3}([ \u00a0\u202f]\d{3})+$/,
} as const;

function readInstant({ find, report }: Reader, { columns, format, zone }: OccurredAt): string {
  const column = columns.find((candidate) => find(candidate) !== undefined);
  if (column === undefined) {
    report(columns.join(', '), columns.length > 1 ? 'are all empty' : 'is empty');
    return '';
  }
  const text = find(column) ?? '';
  const instant = parseInstant(text, format, zone);
  if (instant === undefined) report(column, `"${text}" is not a date in the format ${format}`);
  return instant ?? '';
}

/** The full refund that a row asks for besides its sale. */
function refundsOf({ refund }: ImportMapping, { find }: Reader, sale: Draft): WireEvent[] {
  const isRefunded = refund?.when.values.includes(find(refund.when.column) ?? '') && sale.kind !== REFUND;
  if (!refund || !isRefunded) return [];
  const { source, program, partner, id } = sale;
  const occurredAt = Temporal.Instant.from(sale.occurredAt).add({ minutes: refund.afterMinutes }).toString();
  return [{ source, program, partner, kind: REFUND, id: `${id}:refund`, occurredAt, refundOf: id }];
}

/** Where the cause of a broken rule is: a column of the file or, for a constant, the mapping itself. */
function problemOf(mapping: ImportMapping, { path, message }: { path: PropertyKey[]; message: string }): RowProblem {
  const [field = '', name = ''] = path.map(String);
  const sources: Record<string, Mapped> =
    field === 'amounts' ? { [field]: mapping.amounts?.[name] } : fieldsOf(mapping);
  return { column: columnsIn(sources[field]).join(', ') || `mapping: ${path.map(String).join('.')}`, reason: message };
}
