import { sql } from 'slonik';
import { z } from 'zod';

import { Count, Unit } from '../column-types.ts';
import type { Database } from '../database.ts';

const UncollectedRow = z.strictObject({
  program: z.string(),
  currency: Unit,
  minor: z.bigint(),
  events: Count,
});
/** The worth of a partner's events that waits until they are paid, in one program and unit. */
export type Uncollected = z.infer<typeof UncollectedRow>;

export type UncollectedPlace = { program: string; currency: string };

/** The worth that waits for payments, by program and unit. */
export const listUncollected = (
  db: Database,
  partnerId: bigint,
  after: UncollectedPlace | null,
  limit: number,
): Promise<readonly Uncollected[]> =>
  db.any(sql.type(UncollectedRow)`
    select program.code as program, waiting.currency, sum(waiting.minor)::bigint as minor, count(*) as events
    from (
      select program_id, currency, origin_id, sum(uncollected_minor) as minor from earning
      where partner_id = ${partnerId} and uncollected_minor <> 0
      group by program_id, currency, origin_id having sum(uncollected_minor) <> 0
    ) waiting
    join program on program.id = waiting.program_id
    where ${after?.program ?? null}::text is null or (program.code, waiting.currency) > (${after?.program ?? ''}, ${after?.currency ?? ''})
    group by program.code, waiting.currency order by program.code, waiting.currency limit ${limit}`);
