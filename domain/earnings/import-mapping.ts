import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';

import { AmountName, Code, Currency, EventKind, Source } from '../fields.ts';
import { REFUND, WireEvent } from '../event.ts';
import { isZone } from '../calendar.ts';

const COLUMNS_MAX = 5;
const VALUES_MAX = 200;
const REFUND_AFTER_MINUTES_MAX = 525_600;

const Column = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: "The name of a column, as the file's header has it", examples: ['order_id'] });
const FromColumn = z.strictObject({ column: Column });
const Columns = z.array(Column).min(1).max(COLUMNS_MAX);
const JoinedId = z.strictObject({
  columns: Columns.meta({
    description: 'The columns whose cells together are the id',
    examples: [['order_id', 'item']],
  }),
  separator: z
    .string()
    .min(1)
    .max(3)
    .default(':')
    .meta({ description: 'What is put between the cells', examples: [':'] }),
});

const NumberColumn = z
  .strictObject({
    column: Column,
    decimal: z
      .enum(['.', ','])
      .default('.')
      .meta({ description: 'The decimal point of the file', examples: ['.'] }),
    thousands: z
      .enum([',', '.', ' '])
      .meta({
        description: 'What stands between groups of three digits; a space stands for the no-break spaces too',
        examples: [','],
      })
      .optional(),
  })
  .refine(
    ({ decimal, thousands }) => decimal !== thousands,
    'the decimal point and the thousands separator are the same',
  );
type NumberColumn = z.infer<typeof NumberColumn>;

/**
 * The tokens of a date format, each with what it matches. `MM` is the month and `mm` the minute; one letter takes one or two
 * digits, two letters exactly two; `S` takes the digits of a fraction of a second, and `Z` takes `Z` or an offset such as
 * `-03:00`. All else stands for itself.
 */
const TOKENS = {
  YYYY: { part: 'year', pattern: '\\d{4}' },
  MM: { part: 'month', pattern: '\\d{2}' },
  M: { part: 'month', pattern: '\\d{1,2}' },
  DD: { part: 'day', pattern: '\\d{2}' },
  D: { part: 'day', pattern: '\\d{1,2}' },
  HH: { part: 'hour', pattern: '\\d{2}' },
  H: { part: 'hour', pattern: '\\d{1,2}' },
  mm: { part: 'minute', pattern: '\\d{2}' },
  ss: { part: 'second', pattern: '\\d{2}' },
  S: { part: 'fraction', pattern: '\\d{1,9}' },
  Z: { part: 'offset', pattern: 'Z|[+-]\\d{2}:\\d{2}' },
} as const;
type Part = (typeof TOKENS)[keyof typeof TOKENS]['part'];

const isToken = (text: string): text is keyof typeof TOKENS => Object.hasOwn(TOKENS, text);

/** A format cut into tokens and the characters between them. */
const piecesOf = (format: string): string[] => format.match(/YYYY|MM?|DD?|HH?|mm|ss|S|Z|./gs) ?? [];

const partsOf = (format: string): Part[] =>
  piecesOf(format).flatMap((piece) => (isToken(piece) ? [TOKENS[piece].part] : []));

/** What each part of a date cannot stand without. */
const NEEDS: Record<Part, readonly Part[]> = {
  year: ['month'],
  month: ['day'],
  day: ['year'],
  hour: ['minute'],
  minute: ['hour'],
  second: ['minute'],
  fraction: ['second'],
  offset: ['minute'],
};

/** Why a text is no date format, or undefined. */
function whyNotFormat(format: string): string | undefined {
  const parts = partsOf(format);
  const stray = piecesOf(format).find((piece) => !isToken(piece) && piece !== 'T' && /[\p{L}\p{N}]/u.test(piece));
  if (stray) return `"${stray}" is none of ${Object.keys(TOKENS).join(', ')}`;
  if (!parts.includes('year')) return 'has no YYYY';
  const repeated = parts.find((part, index) => parts.indexOf(part) < index);
  if (repeated) return `has the ${repeated} twice`;
  const lonely = parts.find((part) => !NEEDS[part].every((need) => parts.includes(need)));
  return lonely && `has the ${lonely} without the ${NEEDS[lonely].join(' and the ')}`;
}

const OccurredAt = z
  .strictObject({
    columns: Columns.meta({
      description: 'The first of these columns that is not empty counts',
      examples: [['sold_at']],
    }),
    format: z
      .string()
      .min(8)
      .max(40)
      .meta({
        description: `How the cell is written, in the tokens ${Object.keys(TOKENS).join(', ')}`,
        examples: ['YYYY-MM-DDTHH:mm:ss.SZ', 'M/D/YYYY H:mm'],
      }),
    zone: z
      .string()
      .refine(isZone, 'is not a zone of the IANA database')
      .meta({
        description: 'The IANA zone whose clock the file shows; needed exactly where the format has no offset',
        examples: ['America/New_York'],
      })
      .optional(),
  })
  .superRefine(({ format, zone }, context) => {
    const hasOffset = partsOf(format).includes('offset');
    const reason = whyNotFormat(format);
    if (reason) context.addIssue({ code: 'custom', path: ['format'], message: reason });
    if (!hasOffset && !zone)
      context.addIssue({ code: 'custom', path: ['zone'], message: 'is needed: the format has no offset' });
    if (hasOffset && zone)
      context.addIssue({ code: 'custom', path: ['zone'], message: 'has no use: the format has an offset' });
  });
type OccurredAt = z.infer<typeof OccurredAt>;

/** How the rows of somebody's file become events. Cells are read without the spaces around them. */
export const ImportMapping = z
  .strictObject({
    source: Source,
    program: z.union([Code, FromColumn]).meta({
      description: 'The code of the program, or the column that names it',
      examples: ['resale', { column: 'program' }],
    }),
    partner: FromColumn.extend({
      prefix: z
        .string()
        .min(1)
        .max(40)
        .meta({ description: "What is put before the cell to make the partner's code", examples: ['seller-'] })
        .optional(),
    }).meta({ description: 'The column that names the partner', examples: [{ column: 'reseller' }] }),
    id: JoinedId.meta({
      description: 'The columns that name a row for ever, in this order',
      examples: [{ columns: ['order_id', 'item'], separator: ':' }],
    }),
    kind: z
      .union([
        EventKind,
        FromColumn.extend({
          values: z
            .record(z.string(), EventKind)
            .refine((values) => Object.keys(values).length <= VALUES_MAX, 'too many values')
            .meta({
              description: 'The kind of event for each value of the column',
              examples: [{ S: 'sale', R: 'refund' }],
            }),
        }),
      ])
      .meta({
        description: 'The kind of all rows, or the column that says it',
        examples: ['sale', { column: 'type', values: { S: 'sale', R: 'refund' } }],
      }),
    occurredAt: OccurredAt.meta({
      description: 'When it happened, and how the file writes that',
      examples: [{ columns: ['sold_at'], format: 'DD/MM/YYYY HH:mm', zone: 'America/New_York' }],
    }),
    currency: z
      .union([Currency, FromColumn])
      .meta({
        description: 'The ISO 4217 code of all rows, or the column that says it',
        examples: ['USD', { column: 'currency' }],
      })
      .optional(),
    amount: NumberColumn.meta({
      description: 'The column of the main amount, in major units of the currency',
      examples: [{ column: 'price', decimal: '.', thousands: ',' }],
    }).optional(),
    amounts: z
      .record(AmountName, NumberColumn)
      .meta({
        description: 'The columns of other amounts, in major units of the currency, by name',
        examples: [{ freight: { column: 'freight_value' } }],
      })
      .optional(),
    quantity: FromColumn.meta({
      description: 'The column of the number of units',
      examples: [{ column: 'pieces' }],
    }).optional(),
    refundOf: JoinedId.meta({
      description: 'For rows of kind `refund`: the columns that make the id of the refunded event',
      examples: [{ columns: ['order_id', 'item'], separator: ':' }],
    }).optional(),
    refund: z
      .strictObject({
        when: FromColumn.extend({
          values: z
            .array(z.string())
            .min(1)
            .max(VALUES_MAX)
            .meta({ description: 'The values that say so', examples: [['cancelled']] }),
        }).meta({
          description: 'Which rows say that their sale was taken back',
          examples: [{ column: 'status', values: ['cancelled'] }],
        }),
        afterMinutes: z
          .int()
          .min(0)
          .max(REFUND_AFTER_MINUTES_MAX)
          .meta({ description: 'How many minutes after the sale its refund happened', examples: [1] }),
      })
      .meta({ description: 'For rows whose sale was taken back as a whole: they make the sale and its refund' })
      .optional(),
    join: z
      .strictObject({
        file: z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.csv$/, 'is not the name of a .csv file')
          .meta({
            description: 'The name of the second file; its part of the form has this name without `.csv`',
            examples: ['orders.csv'],
          }),
        on: Column.meta({
          description: 'The column, in both files, by which a row finds its other half',
          examples: ['order_id'],
        }),
        columns: z
          .array(Column)
          .min(1)
          .max(50)
          .meta({
            description:
              "The columns of the second file that are added, as the file's name without `.csv`, a dot and the column: `orders.order_status`",
            examples: [['order_status']],
          }),
        optional: z.boolean().default(false).meta({
          description:
            'Whether a row without its other half is taken in, with these columns empty; otherwise it is rejected',
        }),
      })
      .meta({ description: 'A second file that adds columns to each row' })
      .optional(),
  })
  .meta({ id: 'ImportMapping', description: 'How the rows of a CSV file become events' });
export type ImportMapping = z.infer<typeof ImportMapping>;

/** One row of a file: what stands in each column. */
export type Row = Readonly<Record<string, string>>;

/** Why a row makes no event: the column that is to be mended, and what is wrong with it. */
export type RowProblem = { readonly column: string; readonly reason: string };

export type MappedRow = { readonly events: readonly WireEvent[] } | { readonly problems: readonly RowProblem[] };

/** Reads the cells of one row and remembers what was wrong with them, so that a row's problems are told all at once. */
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
 * Makes a row's events: one, or a sale and the refund of the whole of it; or says what is wrong with the row, by column.
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

/** A row as an event whose fields have not been checked yet; a cell that may be empty leaves its field out. */
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

/** Joins the cells that name a row; one that holds the separator could give two rows the same name. */
function readJoined(
  { need, report }: Reader,
  { columns, separator }: { columns: string[]; separator: string },
): string {
  const cells = columns.map(need);
  for (const [index, column] of columns.entries())
    if (columns.length > 1 && cells[index]?.includes(separator)) report(column, `holds the separator "${separator}"`);
  return cells.join(separator);
}

function readKind(
  { need, report }: Reader,
  { column, values }: { column: string; values: Record<string, string> },
): string {
  const text = need(column);
  const kind = Object.hasOwn(values, text) ? values[text] : undefined;
  if (text !== '' && kind === undefined) report(column, `"${text}" is mapped to no kind of event`);
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

/** Reads a number as people write it into the decimal string of the wire, digit for digit. */
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
  if (instant === undefined) report(column, `"${text}" is no date written as ${format}`);
  return instant ?? '';
}

/**
 * Reads a date exactly as its format says, or gives undefined; a date alone is its midnight. A wall time that daylight
 * saving skips moves forward by what was skipped, and of two equal ones the earlier counts (Temporal's `compatible`).
 */
function parseInstant(text: string, format: string, zone: string | undefined): string | undefined {
  const match = patternOf(format).exec(text);
  if (!match) return undefined;
  const { offset, fraction = '', ...parts } = match.groups ?? {};
  const numbers = Object.fromEntries(Object.entries(parts).map(([part, digits]) => [part, Number(digits)]));
  try {
    const { year = 0, month = 0, day = 0, ...time } = numbers;
    const millisecond = Number(fraction.slice(0, 3).padEnd(3, '0'));
    const local = Temporal.PlainDateTime.from({ year, month, day, ...time, millisecond }, { overflow: 'reject' });
    const instant = offset
      ? Temporal.Instant.from(`${local}${offset}`)
      : local.toZonedDateTime(zone ?? 'UTC').toInstant();
    return instant.toString();
  } catch (error) {
    if (error instanceof RangeError) return undefined; // such as the 30th of February
    throw error;
  }
}

const patternOf = (format: string): RegExp => new RegExp(`^${piecesOf(format).map(patternOfPiece).join('')}$`);

const patternOfPiece = (piece: string): string =>
  isToken(piece) ? `(?<${TOKENS[piece].part}>${TOKENS[piece].pattern})` : piece.replace(/[^\w\s]/, '\\$&');

/** The refund that a row asks for beside its sale, of the whole of it. */
function refundsOf({ refund }: ImportMapping, { find }: Reader, sale: Draft): WireEvent[] {
  const isRefunded = refund?.when.values.includes(find(refund.when.column) ?? '') && sale.kind !== REFUND;
  if (!refund || !isRefunded) return [];
  const { source, program, partner, id } = sale;
  const occurredAt = Temporal.Instant.from(sale.occurredAt).add({ minutes: refund.afterMinutes }).toString();
  return [{ source, program, partner, kind: REFUND, id: `${id}:refund`, occurredAt, refundOf: id }];
}

type Mapped = string | { column: string } | { columns: string[] } | undefined;

const columnsIn = (mapped: Mapped): string[] =>
  typeof mapped !== 'object' ? [] : 'columns' in mapped ? mapped.columns : [mapped.column];

/** Where each field of the event comes from. */
const fieldsOf = ({ id, program, partner, kind, occurredAt, currency, amount, quantity, refundOf }: ImportMapping) =>
  ({ id, program, partner, kind, occurredAt, currency, amount, quantity, refundOf }) as const;

/** Every column that a mapping reads, for a look at the file's header before its rows. */
export const columnsOf = (mapping: ImportMapping): string[] => {
  const mapped = [...Object.values(fieldsOf(mapping)), ...Object.values(mapping.amounts ?? {}), mapping.refund?.when];
  return [...new Set(mapped.flatMap(columnsIn))];
};

/** Where a broken rule of the event has its cause: a column of the file, or, for a constant, the mapping itself. */
function problemOf(mapping: ImportMapping, { path, message }: { path: PropertyKey[]; message: string }): RowProblem {
  const [field = '', name = ''] = path.map(String);
  const sources: Record<string, Mapped> =
    field === 'amounts' ? { [field]: mapping.amounts?.[name] } : fieldsOf(mapping);
  return { column: columnsIn(sources[field]).join(', ') || `mapping: ${path.map(String).join('.')}`, reason: message };
}
