import { sql } from 'slonik';
import { z } from 'zod';

import { Count } from '../column-types.ts';
import type { Database } from '../database.ts';
import { eventsOf } from './stored-events.ts';

/** The instants from the first one until the last one, exclusive. Without an end, they go on. */
export type Instants = { from: Date; until: Date | null };

/** Counts the events of a partner in a program that happened within some instants and whose earnings were worked out. */
export const countWorkedOut = (
  db: Database,
  { partner, program }: { partner: string; program: string },
  instants: readonly Instants[],
): Promise<number> => {
  const rows = instants.map(({ from, until }) => [from.toISOString(), until && until.toISOString()]);
  const given = sql.unnest(rows, ['timestamptz', 'timestamptz']);
  return db.oneFirst(sql.type(z.strictObject({ count: Count }))`
    with given as materialized (select starts_at, ends_at from ${given} as row(starts_at, ends_at))
    select count(*) as count from (${eventsOf(sql.fragment`(select id from partner where code = ${partner})`)}) event
    where event.program_id = (select id from program where code = ${program})
      and event.occurred_at >= (select min(starts_at) from given)
      and event.about is null
      and exists (select from given where event.occurred_at >= starts_at and (ends_at is null or event.occurred_at < ends_at))
      and not exists (select from event_due due where due.event_id = event.id)`);
};
