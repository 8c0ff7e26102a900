import { sql } from 'slonik';
import { z } from 'zod';

import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';
import type { EventKey } from './events.ts';

/** The lock of an event with its revisions and refunds. Those who hold it shared do not wait for each other. */
export type HistoryLock = EventKey & { readonly isShared: boolean };

const NAMESPACE = 'event_history';
/** Histories share so many locks, because a page of events may name a thousand of them. */
const LOCKS = 64;

/** Locks histories until the transaction ends, always in the same order. */
export async function lockHistories(db: Database, histories: readonly HistoryLock[]): Promise<void> {
  if (histories.length === 0) return;
  const rows = histories.map(({ source, id, isShared }) => [source, id, isShared]);
  await db.query(sql.unsafe`
    select case when needed.is_shared then pg_advisory_xact_lock_shared(hashtext(${NAMESPACE}), needed.n)
      else pg_advisory_xact_lock(hashtext(${NAMESPACE}), needed.n) end
    from (
      select abs(hashtext(source || ' ' || source_id) % ${LOCKS}) as n, bool_and(is_shared) as is_shared
      from ${unnestColumns(['text', 'text', 'bool'], rows)} as given(source, source_id, is_shared)
      group by 1 order by 1
    ) needed`);
}

/** Those of some events that are stored already, in programs where other content corrects an event. */
export const listCorrectable = (
  db: Database,
  events: readonly (EventKey & { program: string })[],
): Promise<readonly EventKey[]> =>
  db.any(sql.type(z.strictObject({ source: z.string(), id: z.string() }))`
    select distinct event.source, event.source_id as id
    from ${unnestColumns(
      ['text', 'text', 'text'],
      events.map(({ program, source, id }) => [program, source, id]),
    )} as given(code, source, source_id)
    join program on program.code = given.code and program.changed_events = 'correct'
    join event on event.source = given.source and event.source_id = given.source_id`);
