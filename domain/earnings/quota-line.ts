import { z } from 'zod';

import { type Cells, type Read, readCells } from '../cells.ts';
import { Code, Currency, isEventYear, Line, LocalDay, notEventYear } from '../fields.ts';
import { QuotaName, STANDARD_QUOTA } from '../programs/incentives/shape.ts';
import { CALENDAR_WINDOWS } from '../programs/incentives/window.ts';

/** The columns of a file of quotas. */
export const NEEDED_QUOTA_COLUMNS = ['partner', 'program', 'window', 'start', 'value'] as const;
const OPTIONAL: readonly string[] = ['name', 'currency', 'holds', 'reason'];
export const isQuotaColumn = (column: string): boolean => OPTIONAL.includes(column);

const QuotaCells = z
  .object({
    partner: Code,
    program: Code,
    name: QuotaName.default(STANDARD_QUOTA),
    window: z.enum(CALENDAR_WINDOWS, `is not a kind of window: ${CALENDAR_WINDOWS.join(', ')}`),
    start: LocalDay.refine(isEventYear, notEventYear),
    currency: Currency.nullable().default(null),
    value: z
      .string()
      .regex(/^\d{1,18}(\.\d{1,18})?$/, 'is not a decimal such as 100000.00')
      .nullable()
      .default(null),
    holds: z.enum(['yes', 'no'], 'is not yes or no').default('yes'),
    reason: Line(500).nullable().default(null),
  })
  .superRefine(({ value, holds }, context) => {
    if (holds === 'yes' && value === null)
      context.addIssue({ code: 'custom', path: ['value'], message: 'is missing: a quota is taken back by holds = no' });
    if (holds === 'no' && value !== null)
      context.addIssue({ code: 'custom', path: ['value'], message: 'is given although the quota is taken back' });
  })
  .transform(({ holds: _holds, ...line }) => line);

/** Reads the cells of a line about a quota, or says what is wrong with each column. A quota that is taken back has no value. */
export const readQuotaLine = (cells: Cells): Read<z.output<typeof QuotaCells>> => readCells(QuotaCells, cells);
