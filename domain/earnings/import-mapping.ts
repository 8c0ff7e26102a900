import { z } from 'zod';

import { AmountName, Code, Currency, EventKind, Source, Zone } from '../fields.ts';
import { DATE_TOKENS, formatHasOffset, whyNotFormat } from './date-format.ts';

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
    .meta({ description: 'The text between the cells', examples: [':'] }),
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
        description: 'The character between groups of three digits. A space stands for the no-break spaces too',
        examples: [','],
      })
      .optional(),
  })
  .refine(
    ({ decimal, thousands }) => decimal !== thousands,
    'the decimal point and the thousands separator are the same',
  );
export type NumberColumn = z.infer<typeof NumberColumn>;

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
        description: `How the cell is written, in the tokens ${DATE_TOKENS.join(', ')}`,
        examples: ['YYYY-MM-DDTHH:mm:ss.SZ', 'M/D/YYYY H:mm'],
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

/** How the rows of a file become events. Spaces around a cell do not count. */
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
        .meta({ description: "The text before the cell that completes the partner's code", examples: ['seller-'] })
        .optional(),
    }).meta({ description: 'The column that names the partner', examples: [{ column: 'reseller' }] }),
    id: JoinedId.meta({
      description: 'The columns that identify a row, in this order',
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
          description: 'The rows whose sale was taken back',
          examples: [{ column: 'status', values: ['cancelled'] }],
        }),
        afterMinutes: z
          .int()
          .min(0)
          .max(REFUND_AFTER_MINUTES_MAX)
          .meta({ description: 'The number of minutes from the sale to its refund', examples: [1] }),
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
            'Whether a row without its other half is accepted with these columns empty. Otherwise it is rejected',
        }),
      })
      .meta({ description: 'A second file that adds columns to each row' })
      .optional(),
  })
  .meta({ id: 'ImportMapping', description: 'How the rows of a CSV file become events' });
export type ImportMapping = z.infer<typeof ImportMapping>;

/** The constant or the columns from which a field comes. */
export type Mapped = string | { column: string } | { columns: string[] } | undefined;

export const columnsIn = (mapped: Mapped): string[] =>
  typeof mapped !== 'object' ? [] : 'columns' in mapped ? mapped.columns : [mapped.column];

/** The source of each field of the event. */
export const fieldsOf = ({
  id,
  program,
  partner,
  kind,
  occurredAt,
  currency,
  amount,
  quantity,
  refundOf,
}: ImportMapping) => ({ id, program, partner, kind, occurredAt, currency, amount, quantity, refundOf }) as const;

/** Every column that a mapping reads, so that the header of a file can be checked before its rows. */
export const columnsOf = (mapping: ImportMapping): string[] => {
  const mapped = [...Object.values(fieldsOf(mapping)), ...Object.values(mapping.amounts ?? {}), mapping.refund?.when];
  return [...new Set(mapped.flatMap(columnsIn))];
};
