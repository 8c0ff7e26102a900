import { type CurrencyCode, exponentOf, isCurrency } from '../currency.ts';
import { isFiner } from '../exact-amount.ts';
import { formatDecimal, money, roundDecimal } from '../money.ts';
import { compileTest, type Condition } from './condition.ts';
import { compileDates } from './date-format.ts';
import type { Cells, NumberField, OccurredAt } from './mapping-fields.ts';
import { compileNumber } from './number-format.ts';

/**
 * The readers of a row's fields. Each is compiled once for the header of a file: it finds its columns, and reads its formats and tables,
 * before the first row.
 */

/** One row of a file: the text of each column, in the order of the header. */
export type Row = readonly string[];

/** The place of each column in a row. */
export type Header = ReadonlyMap<string, number>;

/** Why a row makes no event: the column to fix, what is wrong with it, and the rule that it breaks, which is the same for all rows. */
export type RowProblem = { readonly column: string; readonly reason: string; readonly rule: string };

/** Notes a problem, with the text that has it. One answer then lists all problems of a row. */
export type Report = (column: string, rule: string, text?: string) => void;

/** Reads a field of a row, or reports why it cannot be read. */
export type Read<Value> = (row: Row, report: Report) => Value;

/** Reads a cell without the spaces around it. */
export function readCell(header: Header, column: string): (row: Row) => string {
  const place = header.get(column) ?? -1;
  return (row) => row[place]?.trim() ?? '';
}

export function readTest(header: Header, condition: Condition): (row: Row) => boolean {
  const [read, fits] = [readCell(header, condition.column), compileTest(condition)];
  return (row) => fits(read(row));
}

const nameOf = ({ column, columns }: Cells): string => column ?? columns?.join(', ') ?? '';

/**
 * Reads the cells together as one text, which is empty where all of them are. It refuses a cell that contains the separator: `A:1` and
 * `1` would be the same text as `A` and `1:1`.
 */
function readJoined(header: Header, { column = '', columns, separator = ':' }: Cells): Read<string> {
  const cells = (columns ?? [column]).map((name) => ({ name, read: readCell(header, name) }));
  const [only] = cells;
  if (only && cells.length === 1) return only.read;
  return (row, report) => {
    const texts = cells.map(({ read }) => read(row));
    if (!texts.some(Boolean)) return '';
    for (const [index, { name }] of cells.entries()) {
      if (texts[index] === '') report(name, 'is empty');
      if (texts[index]?.includes(separator)) report(name, `contains the separator "${separator}"`);
    }
    return texts.join(separator);
  };
}

const NOT_MAPPED = 'is not one of the mapped values';

/** Reads a text that may be absent. It reports a text that the table of values lacks. */
export function readText(
  header: Header,
  source: string | Cells,
  unknown: string = NOT_MAPPED,
): Read<string | undefined> {
  if (typeof source === 'string') return () => source;
  const { prefix = '', values, otherwise } = source;
  const [read, name, table] = [readJoined(header, source), nameOf(source), values && new Map(Object.entries(values))];
  if (!table)
    return (row, report) => {
      const text = read(row, report);
      return text === '' ? undefined : prefix + text;
    };
  return (row, report) => {
    const text = read(row, report);
    const value = table.get(text) ?? otherwise;
    if (value === undefined && text !== '') report(name, unknown, text);
    return value === undefined && text === '' ? undefined : prefix + (value ?? '');
  };
}

/** Reads a text that every row has. */
export function needText(header: Header, source: string | Cells, unknown?: string): Read<string> {
  if (typeof source === 'string') return () => source;
  const [read, name] = [readText(header, source, unknown), nameOf(source)];
  const rule = (source.columns?.length ?? 0) > 1 ? 'are all empty' : 'is empty';
  return (row, report) => {
    const text = read(row, report);
    if (text === undefined) report(name, rule);
    return text ?? '';
  };
}

/** Reads an amount as a decimal string of the wire. The currency of its row says to how many digits it is rounded. */
export function readAmount(
  header: Header,
  source: NumberField,
): (row: Row, report: Report, currency: string | undefined) => string | undefined {
  if (typeof source === 'string') return () => source;
  const [read, name, parse] = [readText(header, source), nameOf(source), compileNumber(source)];
  const { values, round, unit } = source;
  return (row, report, currency) => {
    const text = read(row, report);
    if (text === undefined || text === '' || values) return text;
    const number = parse(text);
    if ('reason' in number) report(name, number.reason, text);
    if ('reason' in number) return undefined;
    if (number.currency !== undefined && number.currency !== currency)
      report(
        name,
        `is in ${number.currency}, but its row is ${currency ? `in ${currency}` : 'without a currency'}`,
        text,
      );
    if (!isCurrency(currency)) return number.text;
    if (unit) return minorAmount(number.text, currency, (rule) => report(name, rule, text));
    if (round === 'half-even') return roundDecimal(number.text, currency);
    if (round === undefined && isFiner(number.text, currency)) report(name, tooFine(currency), text);
    return number.text;
  };
}

/** Reads amounts by name. Those whose cells are empty are left out; undefined if all are. */
export function readAmounts(header: Header, amounts: Readonly<Record<string, NumberField>>) {
  const readers = Object.entries(amounts).map(([name, source]) => ({ name, read: readAmount(header, source) }));
  return (row: Row, report: Report, currency: string | undefined): Record<string, string> | undefined =>
    present(readers.map(({ name, read }) => [name, read(row, report, currency)]));
}

/** Reads texts by name. Those whose cells are empty are left out; undefined if all are. */
export function readTexts(
  header: Header,
  texts: Readonly<Record<string, string | Cells>>,
): Read<Record<string, string> | undefined> {
  const readers = Object.entries(texts).map(([name, source]) => ({ name, read: readText(header, source) }));
  return (row, report) => present(readers.map(({ name, read }) => [name, read(row, report)]));
}

function present(given: readonly (readonly [string, string | undefined])[]): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const [name, text] of given) if (text !== undefined) found[name] = text;
  return Object.keys(found).length > 0 ? found : undefined;
}

function tooFine(currency: CurrencyCode): string {
  const digits = exponentOf(currency);
  return digits === 0
    ? `has digits after the decimal point, and ${currency} has none`
    : `has more than ${digits} digits after the decimal point`;
}

function minorAmount(text: string, currency: CurrencyCode, refuse: (rule: string) => void): string | undefined {
  if (/^\d{1,18}$/.test(text)) return formatDecimal(money(BigInt(text), currency));
  refuse('is not a whole number of minor units');
  return undefined;
}

export function readQuantity(header: Header, source: number | Cells): Read<number | undefined> {
  if (typeof source === 'number') return () => source;
  const [read, name] = [readText(header, source), nameOf(source)];
  return (row, report) => {
    const text = read(row, report);
    if (text === undefined) return undefined;
    if (!/^\d{1,10}(?:\.0+)?$/.test(text)) report(name, 'is not a whole number', text);
    return Number(text);
  };
}

/** Reads a date and a time as an instant. */
export function readInstant(header: Header, { columns, separator, format, zone }: OccurredAt): Read<string> {
  const cells = columns.map((name) => ({ name, read: readCell(header, name) }));
  const parse = compileDates(format, zone);
  const all = columns.join(', ');
  const find = (row: Row): { name: string; text: string } | undefined => {
    const filled = cells.map(({ name, read }) => ({ name, text: read(row) }));
    if (separator === undefined) return filled.find(({ text }) => text !== '');
    const isThere = filled.some(({ text }) => text !== '');
    return isThere ? { name: all, text: filled.map(({ text }) => text).join(separator) } : undefined;
  };
  return (row, report) => {
    const found = find(row);
    if (!found) report(all, columns.length > 1 ? 'are all empty' : 'is empty');
    const instant = found && parse(found.text);
    if (found && instant === undefined) report(found.name, `is not a date in the format ${format}`, found.text);
    return instant ?? '';
  };
}
