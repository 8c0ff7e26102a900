import { z } from 'zod';

import { Currency, Decimal, QUANTITY_MAX, Zone } from '../fields.ts';
import { DATE_TOKENS, formatHasOffset, whyNotFormat } from './date-format.ts';

/** The sources from which a field of an event comes: a constant, a column, joined columns, or a table of values. */

const COLUMNS_MAX = 5;
export const VALUES_MAX = 200;
const TEXT_CHARS_MAX = 200;
const SYMBOLS_MAX = 20;
const MINUTES_MAX = 525_600;

export const Column = z
  .string()
  .min(1)
  .max(TEXT_CHARS_MAX)
  .meta({ description: "The name of a column, as the file's header has it", examples: ['order_id'] });
const Columns = z.array(Column).min(1).max(COLUMNS_MAX);
const Text = z.string().max(TEXT_CHARS_MAX);

const joinedProperties = {
  column: Column.optional(),
  columns: Columns.meta({
    description: 'The columns whose cells together are the text',
    examples: [['order_id', 'item']],
  }).optional(),
  separator: z
    .string()
    .min(1)
    .max(3)
    .meta({ description: 'The text between the cells; `:` if it is left out', examples: [':'] })
    .optional(),
  prefix: z
    .string()
    .min(1)
    .max(40)
    .meta({ description: 'The text before the cells', examples: ['seller-'] })
    .optional(),
};

/** The properties of a field that comes from columns. `Value` is what a table of values may give, and `example` is such a table. */
const cellProperties = <Value extends z.ZodType<string>>(Value: Value, example: Readonly<Record<string, string>>) => ({
  ...joinedProperties,
  values: z
    .record(Text, Value)
    .refine((values) => Object.keys(values).length <= VALUES_MAX, `has more than ${VALUES_MAX} values`)
    .meta({
      description: 'A table: the value of the field for each text. Any other text is rejected, or becomes `otherwise`',
      examples: [example],
    })
    .optional(),
  otherwise: Value.optional().meta({
    description: 'The value for every text that is not in `values`, also an empty one',
    examples: Object.values(example).slice(0, 1),
  }),
});

export type Cells = {
  column?: string | undefined;
  columns?: string[] | undefined;
  separator?: string | undefined;
  prefix?: string | undefined;
  values?: Record<string, string> | undefined;
  otherwise?: string | undefined;
};

/** Checks the properties of a field that comes from columns. */
function checkCells(cells: Cells, context: z.RefinementCtx): void {
  const { column, columns, separator, values, otherwise } = cells;
  const report = (broken: boolean, path: string, message: string) =>
    broken && context.addIssue({ code: 'custom', path: [path], message });
  report(column === undefined && columns === undefined, 'column', 'is needed, or `columns`');
  report(column !== undefined && columns !== undefined, 'columns', 'cannot stand next to `column`');
  report(separator !== undefined && (columns?.length ?? 0) < 2, 'separator', 'has no use: only one column is named');
  report(otherwise !== undefined && values === undefined, 'otherwise', 'has no use without `values`');
}

/** A field that comes from columns, with texts of a table that must be a `Value`. */
export const cellsOf = <Value extends z.ZodType<string>>(Value: Value, example: Readonly<Record<string, string>>) =>
  z.strictObject(cellProperties(Value, example)).superRefine(checkCells);

/** An id, which each row has for itself. */
export const JoinedCells = z.strictObject(joinedProperties).superRefine(checkCells);

/** A choice between forms of a field. Its error says why the form that was meant does not fit. */
export const oneOf = <Forms extends readonly [z.ZodType, z.ZodType, ...z.ZodType[]]>(...forms: Forms) =>
  z.union(forms, {
    error: (issue) => {
      const errors = 'errors' in issue ? (issue.errors as z.core.$ZodIssue[][]) : [];
      return meantOf(errors)
        .map((one) => [one.path.join('.'), reasonOf(one)].filter(Boolean).join(': '))
        .join('; ');
    },
  });

/** A name that does not fit has its reasons one level deeper. */
const reasonOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_key' ? issue.issues.map(({ message }) => message).join(', ') : issue.message;

/** The issues of the form that comes nearest: it has the right type, and knows most of the keys. */
function meantOf(errors: readonly z.core.$ZodIssue[][]): readonly z.core.$ZodIssue[] {
  const distance = (issues: readonly z.core.$ZodIssue[]): number =>
    issues.reduce((sum, { code, path, ...rest }) => {
      if (path.length === 0 && code === 'invalid_type') return sum + 100;
      if (path.length === 0 && code === 'invalid_value') return sum + 50;
      return sum + ('keys' in rest ? 10 : 1);
    }, 0);
  const [nearest = []] = errors.toSorted((one, other) => distance(one) - distance(other));
  return nearest;
}

/** A field that is the same in all rows, or comes from columns. */
export const textOf = <Value extends z.ZodType<string>>(Value: Value, example: Readonly<Record<string, string>>) =>
  oneOf(Value, cellsOf(Value, example));

const numberProperties = {
  decimal: z
    .enum(['.', ','])
    .meta({ description: 'The decimal point of the file; `.` if it is left out', examples: ['.'] })
    .optional(),
  thousands: z
    .enum([',', '.', ' ', "'"])
    .meta({
      description: 'The character between groups of three digits. A space stands for the no-break spaces too',
      examples: [','],
    })
    .optional(),
  negative: z
    .enum(['refuse', 'absolute', 'negate'])
    .meta({
      description:
        'The meaning of a minus or of parentheses: `refuse` rejects the row and is the default, `absolute` drops the sign, and `negate` turns it and rejects positive amounts',
      examples: ['absolute'],
    })
    .optional(),
  symbols: z
    .record(
      z
        .string()
        .regex(/^[^\d\s()+\-\u2212]{1,5}$/, 'is not a currency sign: it has a digit, a space, a sign or a parenthesis'),
      Currency,
    )
    .refine((symbols) => Object.keys(symbols).length <= SYMBOLS_MAX, `has more than ${SYMBOLS_MAX} signs`)
    .meta({
      description:
        'The currency signs that may stand before or after the number, each with its currency. A row in another currency is rejected',
      examples: [{ $: 'USD', '€': 'EUR' }],
    })
    .optional(),
  unit: z
    .literal('minor')
    .meta({
      description: 'Says that the file writes minor units of the currency, such as cents, as whole numbers',
      examples: ['minor'],
    })
    .optional(),
  round: z
    .enum(['half-even', 'none'])
    .meta({
      description:
        '`half-even` rounds an amount with more digits than its currency, a half to the even neighbour. `none` keeps up to four digits more, for the main amount in a program that takes exact amounts. Without it such a row is rejected',
      examples: ['half-even'],
    })
    .optional(),
};

const NumberCells = z
  .strictObject({ ...cellProperties(Decimal, { gold: '50.00' }), ...numberProperties })
  .superRefine(checkCells)
  .refine(
    ({ decimal = '.', thousands }) => decimal !== thousands,
    'the decimal point and the thousands separator are the same',
  );
export type NumberCells = z.infer<typeof NumberCells>;

/** An amount: a decimal string for all rows, or the columns and how they write numbers. */
export const NumberField = oneOf(Decimal, NumberCells);
export type NumberField = z.infer<typeof NumberField>;

export const QuantityField = oneOf(
  z.int().min(1).max(QUANTITY_MAX),
  cellsOf(z.string().regex(/^[1-9]\d{0,9}$/), { dozen: '12' }),
);

export const OccurredAt = z
  .strictObject({
    columns: Columns.meta({
      description: 'The first of these columns that is not empty counts. With `separator`, all of them are joined',
      examples: [['sold_at']],
    }),
    separator: z
      .string()
      .max(3)
      .meta({
        description: 'The text between the joined cells, for a date and a time in columns of their own',
        examples: [' '],
      })
      .optional(),
    format: z
      .string()
      .min(1)
      .max(60)
      .meta({
        description: `How the cell is written, in the tokens ${DATE_TOKENS.join(', ')}. Other text stands in square brackets`,
        examples: ['YYYY-MM-DDTHH:mm:ss.SZ', 'M/D/YYYY H:mm', 'MMM D, YYYY h:mm A'],
      }),
    zone: Zone.meta({
      description: 'The IANA zone whose clock the file shows; needed exactly where the format has no offset',
      examples: ['America/New_York'],
    }).optional(),
  })
  .superRefine(({ format, zone }, context) => {
    const hasOffset = formatHasOffset(format);
    const reason = whyNotFormat(format);
    if (reason) context.addIssue({ code: 'custom', path: ['format'], message: reason });
    if (!hasOffset && !zone)
      context.addIssue({ code: 'custom', path: ['zone'], message: 'is needed: the format has no offset' });
    if (hasOffset && zone)
      context.addIssue({ code: 'custom', path: ['zone'], message: 'has no use: the format has an offset' });
  });
export type OccurredAt = z.infer<typeof OccurredAt>;

const Texts = z.array(Text).min(1).max(VALUES_MAX);

/** Rows by the text of one column. Exactly one test decides. */
export const RowCondition = z
  .strictObject({
    column: Column,
    values: Texts.meta({ description: 'The cell is one of these texts', examples: [['cancelled']] }).optional(),
    notValues: Texts.meta({ description: 'The cell is none of these texts', examples: [['charge']] }).optional(),
    empty: z
      .boolean()
      .meta({ description: 'The cell is empty, or is not', examples: [true] })
      .optional(),
    matches: Texts.meta({
      description: 'The cell is one of these patterns, in which `*` stands for any text',
      examples: [['Total*']],
    }).optional(),
    notMatches: Texts.meta({ description: 'The cell is none of these patterns', examples: [['ch_*']] }).optional(),
  })
  .refine(
    ({ values, notValues, empty, matches, notMatches }) =>
      [values, notValues, empty, matches, notMatches].filter((test) => test !== undefined).length === 1,
    'needs exactly one of values, notValues, empty, matches, notMatches',
  )
  .meta({ description: 'A test of the text of one column' });

export const Minutes = z.int().min(0).max(MINUTES_MAX);

/** The constant or the columns from which a field comes. */
export type Mapped =
  | string
  | number
  | { column?: string | undefined; columns?: readonly string[] | undefined }
  | undefined;

export const columnsIn = (mapped: Mapped): readonly string[] =>
  typeof mapped !== 'object' ? [] : (mapped.columns ?? (mapped.column === undefined ? [] : [mapped.column]));
