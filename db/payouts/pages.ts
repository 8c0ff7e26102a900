import { sql } from 'slonik';

import type { PayoutStatus } from '../../domain/payouts/payout.ts';
import type { Database } from '../database.ts';
import { type Payout, PayoutRow, selectFrom } from './payouts.ts';

export type PayoutFilter = {
  runId?: string | undefined;
  partnerId?: bigint | undefined;
  status?: PayoutStatus | undefined;
  method?: string | undefined;
};

/** Those of a partner are also those of the partners who were merged into that one. */
const ofPartner = (id: bigint | undefined) =>
  id === undefined
    ? sql.fragment``
    : sql.fragment`and partner_id = any(array(select partner.id from partner where partner.id = ${id} or partner.merged_into = ${id}))`;

/** Payouts in the order of their ids, after a cursor. */
export const listPayouts = (
  db: Database,
  filter: PayoutFilter,
  after: string | null,
  limit: number,
): Promise<readonly Payout[]> =>
  db.any(sql.type(PayoutRow)`
    ${selectFrom(sql.fragment`(
      select * from payout
      where (${filter.runId ?? null}::uuid is null or run_id = ${filter.runId ?? null}::uuid)
        ${ofPartner(filter.partnerId)}
        and (${filter.status ?? null}::text is null or status = ${filter.status ?? null})
        and (${filter.method ?? null}::text is null or method = ${filter.method ?? null})
        and (${after}::uuid is null or id > ${after}::uuid)
      order by id limit ${limit}) payout`)}
    order by payout.id`);
