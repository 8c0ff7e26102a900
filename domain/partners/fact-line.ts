import { z } from 'zod';

import { type Cells, type Read, readCells } from '../cells.ts';
import { Code, Line, LocalDay } from '../fields.ts';
import { FactKey, FactValue } from './fact.ts';

/** The columns of a file of facts. */
export const NEEDED_FACT_COLUMNS = ['partner', 'key', 'value', 'from'] as const;
const OPTIONAL: readonly string[] = ['until', 'holds', 'reason'];
export const isFactColumn = (column: string): boolean => OPTIONAL.includes(column);

const FactCells = z
  .object({
    partner: Code,
    key: FactKey,
    value: FactValue.nullable().default(null),
    from: LocalDay,
    until: LocalDay.nullable().default(null),
    holds: z
      .enum(['yes', 'no'], 'is not yes or no')
      .default('yes')
      .transform((word) => word === 'yes'),
    reason: Line(500).nullable().default(null),
  })
  .refine(({ from, until }) => until === null || until > from, { path: ['until'], message: 'is not after from' });

/** Reads the cells of a line about a fact, or says what is wrong with each column. */
export const readFactLine = (cells: Cells): Read<z.output<typeof FactCells>> => readCells(FactCells, cells);
