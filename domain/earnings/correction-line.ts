import { z } from 'zod';

import { type Cells, type Read, readCells } from '../cells.ts';
import { Code, Currency, isEventYear, Line, LocalDay, notEventYear, whyNotAmount } from '../fields.ts';
import { parseDecimal } from '../money.ts';

/** The columns of a file of adjustments. An amount below zero is a deduction. */
export const NEEDED_CORRECTION_COLUMNS = ['partner', 'program', 'currency', 'amount'] as const;
const OPTIONAL: readonly string[] = ['availableOn', 'reason'];
export const isCorrectionColumn = (column: string): boolean => OPTIONAL.includes(column);

const CorrectionCells = z
  .object({
    partner: Code,
    program: Code,
    currency: Currency,
    amount: z.string().regex(/^-?\d{1,18}(\.\d{1,18})?$/, {
      abort: true,
      error: 'is not a decimal amount such as 12.34 or -12.34',
    }),
    availableOn: LocalDay.refine(isEventYear, notEventYear).nullable().default(null),
    reason: Line(500).nullable().default(null),
  })
  .superRefine(({ currency, amount }, context) => {
    const message = whyNotAmount(amount.replace('-', ''), currency) ?? (Number(amount) === 0 ? 'is 0' : undefined);
    if (message) context.addIssue({ code: 'custom', path: ['amount'], message });
  })
  .transform(({ amount, ...line }) => ({ ...line, minor: parseDecimal(amount, line.currency).minor }));

/** Reads the cells of a line of adjustments, or says what is wrong with each column. */
export const readCorrectionLine = (cells: Cells): Read<z.output<typeof CorrectionCells>> =>
  readCells(CorrectionCells, cells);
