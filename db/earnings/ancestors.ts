import { sql } from 'slonik';
import { z } from 'zod';

import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';

/** The partners above those of events, who earn by their parts. */

const AncestorRow = z.strictObject({
  eventId: z.bigint(),
  childId: z.bigint(),
  partnerId: z.bigint(),
  level: z.number().nullable(),
  /** The terms by which the event was rated for the child. Null without a level. */
  versionId: z.number().nullable(),
});
/** A partner for whom an event is worked out by the part of a partner below. Without a level, the partner only gives back. */
export type EventAncestor = z.infer<typeof AncestorRow>;

export const insertAncestors = (db: Database, ancestors: readonly EventAncestor[]) =>
  db.query(sql.unsafe`
    insert into event_ancestor(event_id, child_id, partner_id, level, plan_version_id)
    select * from ${unnestColumns(
      ['int8', 'int8', 'int8', 'int2', 'int4'],
      ancestors.map(({ eventId, childId, partnerId, level, versionId }) => [
        eventId,
        childId,
        partnerId,
        level,
        versionId,
      ]),
    )}`);

/** The partners above those of some events, by event. */
export const listAncestors = (db: Database, eventIds: readonly bigint[]): Promise<readonly EventAncestor[]> =>
  db.any(sql.type(AncestorRow)`
    select event_id as "eventId", child_id as "childId", partner_id as "partnerId", level, plan_version_id as "versionId"
    from event_ancestor where event_id = any(${sql.array(eventIds.map(String), 'int8')})
    order by event_id, child_id, partner_id`);

/** The partners by whose parts some partners earn, or did. */
export const listPartnersBelow = (db: Database, partnerIds: readonly bigint[]): Promise<readonly bigint[]> =>
  db.anyFirst(sql.type(z.strictObject({ id: z.bigint() }))`
    select distinct child_id as id from event_ancestor where partner_id = any(${sql.array(partnerIds.map(String), 'int8')})`);
