import { z } from '@hono/zod-openapi';

import { type EventWarning, WARNINGS_MAX, type Warnings } from '../../../commands/earnings/warnings.ts';
import * as fields from '../../http/fields.ts';

/** The warnings that every intake of events answers with. */

const EventWarningBody = z
  .object({
    code: fields.oneOf(
      ['refund_waits', 'earns_nothing', 'deal_of_another', 'partner_not_eligible', 'partner_unknown'],
      '`refund_waits`: its sale is not known yet, and the refund waits for it; `earns_nothing`: no incentive of the plan in force earns on it; `deal_of_another`: its attribute `deal` names a deal that another partner registered; `partner_not_eligible`: its partner does not meet the needs of the program on its day, as far as is known; `partner_unknown`: it is parked until its partner is added with an agreement on its day',
      'refund_waits',
    ),
    line: fields
      .count('The line of the file on which the row ends; null if the event was not in a file', 17)
      .nullable(),
    source: fields.text('The source of the event', 'shop'),
    id: fields.text('The id of the event in its source', 'order-1001-refund'),
    detail: fields.text(
      'A sentence for a person',
      'The refund takes nothing back yet: its sale order-1001 is not known. It waits until you send that sale.',
    ),
  })
  .openapi('EventWarning');

export const warningFields = {
  warnings: z
    .array(EventWarningBody)
    .max(WARNINGS_MAX)
    .meta({
      description: `Events that are stored, and about which something is odd, the first ${WARNINGS_MAX} of them`,
    }),
  warningCount: fields.count('The number of all warnings', 1),
};

export const warningsBody = ({ first, count }: Warnings<EventWarning & { line?: number }>) => ({
  warnings: first.map(({ code, line = null, source, id, detail }) => ({ code, line, source, id, detail })),
  warningCount: count,
});
