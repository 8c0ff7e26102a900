import { z } from 'zod';

import { addMonths, localDate } from '../calendar.ts';
import { EventKind } from '../fields.ts';
import { REFUND } from '../event.ts';
import type { Days } from '../partners/agreement.ts';
import { FactKey, FactValue } from '../partners/fact.ts';

/** Most events are of these kinds. They say what a partner sold, and nothing about the partner. */
const SILENT: readonly string[] = ['sale', REFUND];
const GRANTS_MAX = 50;
const MONTHS_MAX = 120;

/** A fact that an event of a kind says about its partner, such as a certification after a training. */
const FactGrant = z
  .strictObject({
    kind: EventKind.refine((kind) => !SILENT.includes(kind), 'says nothing about the partner'),
    key: FactKey,
    value: FactValue,
    months: z
      .int()
      .min(1)
      .max(MONTHS_MAX)
      .meta({ description: 'How many months the fact holds; without it, there is no end', examples: [24] })
      .optional(),
  })
  .meta({ id: 'FactGrant', description: 'A fact that an event of a kind says about its partner' });
export type FactGrant = z.infer<typeof FactGrant>;

export const FactGrants = z
  .array(FactGrant)
  .max(GRANTS_MAX)
  .meta({
    description: 'The facts that events of the program say about their partners',
    examples: [[{ kind: 'training_completed', key: 'certification', value: 'net-1', months: 24 }]],
  });

/** The days of a fact that an event grants: from the local day of the event on. */
export function daysOfGrant({ months }: FactGrant, occurredAtMs: number, zone: string): Days {
  const from = localDate(occurredAtMs, zone);
  return { from, until: months === undefined ? null : addMonths(from, months) };
}
