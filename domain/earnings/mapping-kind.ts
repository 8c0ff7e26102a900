import { z } from 'zod';

import { EventKind } from '../fields.ts';
import { cellsOf, oneOf, RowCondition } from './mapping-fields.ts';

export const CONDITIONS_MAX = 20;

const KindCases = z.strictObject({
  cases: z
    .array(z.strictObject({ when: RowCondition, is: EventKind }))
    .min(1)
    .max(CONDITIONS_MAX)
    .meta({
      description: 'The kind of rows by a test; the first that fits counts',
      examples: [[{ when: { column: 'Amount', matches: ['-*'] }, is: 'refund' }]],
    }),
  otherwise: EventKind.optional().meta({ description: 'The kind of all other rows; without it they are rejected' }),
});

/** The kind of all rows, or where the file says it. */
export const MappedKind = oneOf(EventKind, cellsOf(EventKind, { S: 'sale', R: 'refund' }), KindCases);

/** The kinds that a mapping names. Cells without `values` may say any kind. */
export function kindsOf(kind: z.infer<typeof MappedKind>): readonly (string | undefined)[] {
  if (typeof kind === 'string') return [kind];
  if ('cases' in kind) return [...kind.cases.map(({ is }) => is), kind.otherwise];
  return Object.values(kind.values ?? {});
}
