import { sql } from 'slonik';
import { z } from 'zod';

import { PAYOUT_STATUSES, type PayoutStatus } from '../../domain/payouts/payout.ts';
import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';
import { type Payout, PayoutRow, selectFrom } from './payouts.ts';

export type PayoutFilter = {
  runId?: string | undefined;
  partnerId?: bigint | undefined;
  status?: PayoutStatus | undefined;
  method?: string | undefined;
  gateway?: string | undefined;
  /** The code of the provider, or ours. */
  reason?: string | undefined;
};

/** Those of a partner are also those of the partners who were merged into that one. */
const ofPartner = (id: bigint | undefined) =>
  id === undefined
    ? sql.fragment``
    : sql.fragment`and partner_id = any(array(select partner.id from partner where partner.id = ${id} or partner.merged_into = ${id}))`;

const fits = ({ runId, partnerId, status, method, gateway, reason }: PayoutFilter) => sql.fragment`
  (${runId ?? null}::uuid is null or run_id = ${runId ?? null}::uuid)
  ${ofPartner(partnerId)}
  and (${status ?? null}::text is null or status = ${status ?? null})
  and (${method ?? null}::text is null or method = ${method ?? null})
  and (${gateway ?? null}::text is null or gateway = ${gateway ?? null})
  and (${reason ?? null}::text is null or coalesce(status_reason, '') = ${reason ?? null})`;

/** Payouts in the order of their ids, after a cursor. */
export const listPayouts = (
  db: Database,
  filter: PayoutFilter,
  after: string | null,
  limit: number,
): Promise<readonly Payout[]> =>
  db.any(sql.type(PayoutRow)`
    ${selectFrom(sql.fragment`(
      select * from payout where ${fits(filter)} and (${after}::uuid is null or id > ${after}::uuid) order by id limit ${limit}) payout`)}
    order by payout.id`);

const NeighbourRow = z.strictObject({ before: z.string().nullable(), after: z.string().nullable() });

/** The payouts next to one in a filtered list. */
export const findNeighbours = (db: Database, filter: PayoutFilter, id: string): Promise<z.infer<typeof NeighbourRow>> =>
  db.one(sql.type(NeighbourRow)`
    select (select id from payout where ${fits(filter)} and id < ${id} order by id desc limit 1) as before,
      (select id from payout where ${fits(filter)} and id > ${id} order by id limit 1) as after`);

export type PayoutPlace = { createdAt: Date; id: string };

/** The payouts of a partner, the newest first. `before` is the last one of the page before. */
export const listNewestPayouts = (
  db: Database,
  partnerId: bigint,
  status: PayoutStatus | null,
  before: PayoutPlace | null,
  limit: number,
): Promise<readonly Payout[]> =>
  db.any(sql.type(PayoutRow)`
    ${selectFrom(sql.fragment`(
      select * from payout
      where true ${ofPartner(partnerId)}
        and (${status}::text is null or status = ${status})
        and (${before?.id ?? null}::uuid is null
          or (created_at, id) < (${before?.createdAt.toISOString() ?? null}::timestamptz, ${before?.id ?? null}::uuid))
      order by created_at desc, id desc limit ${limit}) payout`)}
    order by payout.created_at desc, payout.id desc`);

const StepRow = z.strictObject({ status: z.enum(PAYOUT_STATUSES), at: Instant });

/** The statuses that a payout had, the oldest first. */
export const listPayoutSteps = (db: Database, payoutId: string): Promise<readonly z.infer<typeof StepRow>[]> =>
  db.any(sql.type(StepRow)`select status, at from payout_history where payout_id = ${payoutId} order by id`);
