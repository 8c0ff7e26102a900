import { sql } from 'slonik';
import { z } from 'zod';

import type { Database } from '../database.ts';

const InstantMs = z.number().transform((ms) => new Date(ms));

const HistoryRow = z.strictObject({
  instrumentId: z.string(),
  /** The person who added the details. Null where the server did. */
  addedBy: z.string().nullable(),
  /** When the address of the partner changed shortly before the details did. Null where it did not. */
  addressChangedAt: InstantMs.nullable(),
  /** The calls in which a second person asked the partner about the details, the oldest first. */
  calls: z.array(
    z.strictObject({
      id: z.string(),
      phone: z.string(),
      spokeWith: z.string(),
      calledAt: InstantMs,
      isConfirmed: z.boolean(),
      evidence: z.string(),
      fileName: z.string().nullable(),
      by: z.string(),
    }),
  ),
  /** The addresses that were told of the details, and when each mail was sent: null while it waits. */
  told: z.array(z.strictObject({ address: z.string(), sentAt: InstantMs.nullable() })),
});
/** The history of payout details, for the people who must judge a change. */
export type DetailsHistory = z.infer<typeof HistoryRow>;

/** The history of each of a partner's details, in any order. */
export const listDetailsHistory = (db: Database, partnerId: bigint): Promise<readonly DetailsHistory[]> =>
  db.any(sql.type(HistoryRow)`
    select version.id as "instrumentId", actor.code as "addedBy",
      (select extract(epoch from max(changed_at)) * 1000 from earlier_addresses(version.partner_id, version.created_at)) as "addressChangedAt",
      coalesce((
        select json_agg(json_build_object('id', made.id, 'phone', made.phone, 'spokeWith', made.spoke_with,
          'calledAt', extract(epoch from made.called_at) * 1000, 'isConfirmed', made.is_confirmed, 'evidence', made.evidence,
          'fileName', made.file_name, 'by', caller.code) order by made.id)
        from details_call made join actor caller on caller.id = made.recorded_by where made.instrument_id = version.id), '[]') as calls,
      coalesce((
        select json_agg(json_build_object('address', notice.recipient, 'sentAt', extract(epoch from notice.sent_at) * 1000) order by notice.id)
        from notification notice
        where notice.partner_id = version.partner_id and notice.recipient is not null and notice.kind = 'details_changed'
          and notice.dedupe_key like 'details_changed/' || version.id || '/%'
          and notice.body ->> 'change' = 'added'), '[]') as told
    from instrument_version version left join actor on actor.id = version.created_by
    where version.partner_id = ${partnerId}`);
