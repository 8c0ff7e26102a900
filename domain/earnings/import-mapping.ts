import { z } from 'zod';

import { REFUND } from '../event.ts';
import { ATTRIBUTE_CHARS_MAX, ATTRIBUTES_MAX } from '../event-shape.ts';
import { AmountName, AttributeName, Code, Currency, Source } from '../fields.ts';
import type { Condition } from './condition.ts';
import {
  Column,
  columnsIn,
  JoinedCells,
  type Mapped,
  Minutes,
  NumberField,
  OccurredAt,
  oneOf,
  QuantityField,
  RowCondition,
  textOf,
} from './mapping-fields.ts';
import { CONDITIONS_MAX, kindsOf, MappedKind } from './mapping-kind.ts';

const LINES_MAX = 100;
const REFUNDS_MAX = 5;

const Amounts = z.record(AmountName, NumberField).meta({
  description: 'The other amounts by name, in major units of the currency',
  examples: [{ freight: { column: 'freight_value' } }],
});

const Attributes = z
  .record(
    AttributeName,
    textOf(z.string().min(1).max(ATTRIBUTE_CHARS_MAX), { 'RX-1': 'router' }).meta({
      description: 'The text for all rows, or the columns that say it',
      examples: [{ column: 'SKU' }],
    }),
  )
  .refine((attributes) => Object.keys(attributes).length <= ATTRIBUTES_MAX, `has more than ${ATTRIBUTES_MAX} names`)
  .meta({
    description: 'The attributes of the event by name. An empty cell leaves its attribute out',
    examples: [{ product: { column: 'SKU' }, channel: 'web' }],
  });

const Conditions = z.array(RowCondition).min(1).max(CONDITIONS_MAX).meta({ description: 'Tests that all fit' });

const Refund = z
  .strictObject({
    when: RowCondition.meta({
      description:
        'The rows whose sale was taken back; if it is left out, those with an amount or a quantity above zero',
      examples: [{ column: 'status', values: ['cancelled'] }],
    }).optional(),
    amount: NumberField.meta({
      description:
        'How much was taken back. A refund without amounts and quantity takes back the whole sale. Zero makes no refund',
      examples: [{ column: 'Refunded Amount' }],
    }).optional(),
    amounts: Amounts.meta({
      description: 'The other amounts that went back, by name. Those that are zero are left out',
    }).optional(),
    quantity: QuantityField.meta({
      description: 'How many units went back. Zero is left out',
      examples: [{ column: 'returned' }],
    }).optional(),
    afterMinutes: Minutes.meta({
      description: 'The number of minutes from the sale to its refund',
      examples: [1],
    }).optional(),
    occurredAt: OccurredAt.meta({ description: 'When it was taken back, in place of `afterMinutes`' }).optional(),
  })
  .refine(
    ({ when, amount, amounts, quantity }) => [when, amount, amounts, quantity].some((one) => one !== undefined),
    'needs `when`, or what was taken back, or both',
  )
  .refine(
    ({ afterMinutes, occurredAt }) => (afterMinutes === undefined) !== (occurredAt === undefined),
    'needs either `afterMinutes` or `occurredAt`',
  )
  .meta({ description: 'A refund in the row of its sale' });
export type RefundMapping = z.infer<typeof Refund>;

/** How the rows of a file become events. Spaces around a cell do not count. */
export const ImportMapping = z
  .strictObject({
    source: Source,
    header: oneOf(
      z.strictObject({
        skipLines: z
          .int()
          .min(1)
          .max(LINES_MAX)
          .meta({ description: 'The number of lines above the header', examples: [3] }),
      }),
      z.strictObject({
        find: z
          .literal(true)
          .meta({ description: 'The header is the first line that has every column of the mapping' }),
      }),
    )
      .meta({
        description:
          'The place of the header below title lines: `skipLines` says how many lines come before it, and `find` takes the first line that has every column of the mapping. Without it the header is the first line',
        examples: [{ skipLines: 3 }, { find: true }],
      })
      .optional(),
    fill: z
      .strictObject({
        columns: z
          .array(Column)
          .min(1)
          .max(50)
          .meta({ description: 'The columns whose empty cells are filled', examples: [['Email', 'Currency']] }),
        by: z
          .array(Column)
          .min(1)
          .max(5)
          .meta({
            description:
              'The columns that are equal in a row and its continuation rows, such as the number of the order',
            examples: [['Name']],
          })
          .optional(),
        where: RowCondition.meta({ description: 'The rows that continue the one above' }).optional(),
      })
      .refine(({ by, where }) => by !== undefined || where !== undefined, 'needs `by`, `where` or both')
      .meta({ description: 'Fills the empty cells of continuation rows from the first row of their group' })
      .optional(),
    skip: z
      .array(oneOf(RowCondition, z.strictObject({ all: Conditions })))
      .min(1)
      .max(CONDITIONS_MAX)
      .meta({
        description: 'The rows that are left out: those that one of these tests fits, or every test of an `all`',
        examples: [[{ column: 'Type', values: ['payout'] }]],
      })
      .optional(),
    program: textOf(Code, { US: 'resale-us' }).meta({
      description: 'The code of the program, or the columns that name it',
      examples: ['resale', { column: 'program' }],
    }),
    partner: textOf(Code, { ANN10: 'ann' }).meta({
      description: "The partner's code, or the columns that name the partner",
      examples: [{ column: 'reseller' }, { column: 'seller_id', prefix: 'seller-' }],
    }),
    id: JoinedCells.meta({
      description: 'The columns that identify a row, in this order',
      examples: [{ columns: ['order_id', 'item'], separator: ':' }],
    }),
    kind: MappedKind.meta({
      description: 'The kind of all rows, or the columns or tests that say it',
      examples: ['sale', { column: 'type', values: { S: 'sale', R: 'refund' } }],
    }),
    occurredAt: OccurredAt.meta({
      description: 'When it happened, and how the file writes that',
      examples: [{ columns: ['sold_at'], format: 'DD/MM/YYYY HH:mm', zone: 'America/New_York' }],
    }),
    currency: textOf(Currency, { usd: 'USD' })
      .meta({
        description: 'The ISO 4217 code of all rows, or the columns that say it',
        examples: ['USD', { column: 'currency' }],
      })
      .optional(),
    amount: NumberField.meta({
      description: 'The main amount, in major units of the currency',
      examples: [{ column: 'price', decimal: '.', thousands: ',' }],
    }).optional(),
    amounts: Amounts.optional(),
    attributes: Attributes.optional(),
    quantity: QuantityField.meta({
      description: 'The number of units of all rows, or the column that says it',
      examples: [{ column: 'pieces' }],
    }).optional(),
    refundOf: JoinedCells.meta({
      description: 'For rows of kind `refund`: the columns that make the id of the refunded event',
      examples: [{ columns: ['order_id', 'item'], separator: ':' }],
    }).optional(),
    collects: JoinedCells.meta({
      description:
        'For rows of the kinds `collected` and `uncollected`: the columns that make the id of the paid event',
      examples: [{ column: 'invoice' }],
    }).optional(),
    refundId: JoinedCells.meta({
      description:
        'For rows of kind `refund`: the columns that identify the refund, if they are other than those of `id`',
      examples: [{ column: 'refund_id' }],
    }).optional(),
    refund: oneOf(Refund, z.array(Refund).min(1).max(REFUNDS_MAX))
      .meta({
        description:
          'For rows whose sale was taken back as a whole or in part: they make the sale and its refund. If there are several, the first that fits counts',
        examples: [{ when: { column: 'status', values: ['cancelled'] }, afterMinutes: 1 }],
      })
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
  .refine((mapping) => mapping.refundOf !== undefined || !kindsOf(mapping.kind).includes(REFUND), {
    path: ['refundOf'],
    error: 'is needed, because rows are of the kind refund: name the columns of the id of the refunded event',
  })
  .meta({ id: 'ImportMapping', description: 'How the rows of a CSV file become events' });
export type ImportMapping = z.infer<typeof ImportMapping>;

/** The refunds that a row may ask for besides its sale. The first that fits counts. */
export const refundsOf = ({ refund }: ImportMapping): readonly RefundMapping[] =>
  refund === undefined ? [] : [refund].flat();

/** The conditions under which a row is left out. Each is a list of tests that all fit. */
export const skipsOf = ({ skip = [] }: ImportMapping): readonly (readonly Condition[])[] =>
  skip.map((one) => ('all' in one ? one.all : [one]));

/** The source of each field of the event, as far as its columns matter. */
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
  collects,
}: ImportMapping): Readonly<Record<string, Mapped>> => {
  const kindColumns =
    typeof kind === 'object' && 'cases' in kind ? kind.cases.map(({ when }) => when.column) : undefined;
  return {
    id,
    program,
    partner,
    kind: kindColumns ? { columns: [...new Set(kindColumns)] } : (kind as Mapped),
    occurredAt,
    currency,
    amount,
    quantity,
    refundOf,
    collects,
  };
};

/** Every column that a mapping reads, so that the header of a file can be checked before its rows. */
export function columnsOf(mapping: ImportMapping): string[] {
  const { amounts = {}, fill } = mapping;
  const mapped: Mapped[] = [
    ...Object.values(fieldsOf(mapping)),
    ...Object.values(amounts),
    mapping.refundId,
    ...refundsOf(mapping).flatMap(({ when, amount, amounts: others = {}, quantity, occurredAt }) => [
      when,
      amount,
      ...Object.values(others),
      quantity,
      occurredAt,
    ]),
    ...Object.values(mapping.attributes ?? {}),
    ...skipsOf(mapping).flat(),
    fill,
    { columns: fill?.by },
    fill?.where,
  ];
  return [...new Set(mapped.flatMap(columnsIn))];
}
