import { sql } from 'slonik';
import { z } from 'zod';

import { DEAL_ATTRIBUTE } from '../../domain/earnings/deal.ts';
import { OUR_SOURCE } from '../../domain/event.ts';
import { Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';
import type { EventKey } from './events.ts';

/** The sales that close deals. */

const SaleRow = z.strictObject({
  source: z.string(),
  id: z.string(),
  partnerId: z.bigint(),
  programId: z.number(),
  /** The event that it is about, where it is a refund or a payment. */
  about: z.string().nullable(),
  revision: z.number(),
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  /** The deal that it closed before, if there is one. */
  dealId: z.string().nullable(),
});
export type DealSale = z.infer<typeof SaleRow>;

/** The most sales of one deal. */
export const SALES_MAX = 200;

/** The events of a partner in a program that name a deal themselves, and those that are named here, each in its highest revision: one more than a deal may have, so that too many are seen. */
export function listSalesFor(
  db: Database,
  { dealId, partnerId, programId }: { dealId: string; partnerId: bigint; programId: number },
  named: readonly EventKey[],
): Promise<readonly DealSale[]> {
  const columns = sql.fragment`
    event.source, event.source_id as id, event.partner_id as "partnerId", event.program_id as "programId", event.about, event.currency,
    event.amount_minor as minor, sale.deal_id as "dealId", event.revision`;
  return db.any(sql.type(SaleRow)`
    select * from (
      select ${columns} from event
      left join deal_sale sale on sale.source = event.source and sale.source_id = event.source_id
      where event.partner_id = ${String(partnerId)}::bigint and event.program_id = ${programId} and event.about is null and event.source <> ${OUR_SOURCE}
        and event.attributes ->> ${DEAL_ATTRIBUTE} = ${dealId}
      union
      select ${columns}
      from ${sql.unnest(
        named.map(({ source, id }) => [source, id]),
        ['text', 'text'],
      )} as given(source, source_id)
      join event using (source, source_id)
      left join deal_sale sale on sale.source = event.source and sale.source_id = event.source_id
    ) found
    where not exists (select from event later where later.source = found.source and later.source_id = found.id
      and later.revision > found.revision)
    order by source, id limit ${SALES_MAX + 1}`);
}

/** Links sales to the deal that they close. Returns how many no other deal had. */
export async function insertDealSales(db: Database, dealId: string, sales: readonly EventKey[], by: string) {
  const { rowCount } = await db.query(sql.unsafe`
    insert into deal_sale(source, source_id, deal_id, linked_by)
    select source, source_id, ${dealId}::uuid, ${by}::uuid
    from ${sql.unnest(
      sales.map(({ source, id }) => [source, id]),
      ['text', 'text'],
    )} as given(source, source_id) order by source, source_id
    on conflict do nothing`);
  return rowCount;
}

const LinkedRow = z.strictObject({ source: z.string(), id: z.string(), linkedAt: Instant });

/** The sales that closed a deal. */
export const listDealSales = (db: Database, dealId: string): Promise<readonly z.infer<typeof LinkedRow>[]> =>
  db.any(sql.type(LinkedRow)`
    select source, source_id as id, linked_at as "linkedAt" from deal_sale where deal_id = ${dealId} order by source, source_id`);

/** The deals that some sales closed, in the order of their ids. */
export const listDealsOfSales = (db: Database, sales: readonly EventKey[]): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.strictObject({ id: z.string() }))`
    select distinct deal_id as id
    from ${sql.unnest(
      sales.map(({ source, id }) => [source, id]),
      ['text', 'text'],
    )} as given(source, source_id) join deal_sale using (source, source_id) order by deal_id`);
