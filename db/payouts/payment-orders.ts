import { sql } from 'slonik';
import { z } from 'zod';

import { PostalAddress } from '../../domain/fields.ts';
import type { Database } from '../database.ts';
import { Bytes } from '../column-types.ts';
import { instrumentRecord, unsealJson, payerGatewayRecord, type VaultKeys } from '../vault.ts';

const OrderRow = z.strictObject({
  payoutId: z.string(),
  payerId: z.number(),
  method: z.string(),
  instrumentVersionId: z.string(),
  instrument: Bytes,
  account: Bytes,
  payerName: z.string(),
  payerAddress: PostalAddress.nullable(),
});

const openOrder = (keys: VaultKeys, row: z.infer<typeof OrderRow>) => ({
  destination: unsealJson(keys, instrumentRecord(row.instrumentVersionId), row.instrument),
  account: unsealJson(keys, payerGatewayRecord(row.payerId, row.method), row.account),
  payerName: row.payerName,
  payerAddress: row.payerAddress,
});
export type PaymentDetails = ReturnType<typeof openOrder>;

/**
 * Returns an opener for each payout. It decrypts the partner's details that the payout froze, and the payer's own account. Both are in
 * clear only in the result of an opener, one payment at a time, and nobody stores or logs that result.
 */
export async function listPaymentDetails(
  db: Database,
  keys: VaultKeys,
  payoutIds: readonly string[],
): Promise<ReadonlyMap<string, () => PaymentDetails>> {
  const rows = await db.any(sql.type(OrderRow)`
    select payout.id as "payoutId", payer.id as "payerId", payout.method, payout.instrument_version_id as "instrumentVersionId",
      instrument.sealed as instrument, carrier.sealed as account, payer.name as "payerName", payer.address as "payerAddress"
    from payout join instrument_version instrument on instrument.id = payout.instrument_version_id
    join payout_run run on run.id = payout.run_id join pay_schedule schedule on schedule.id = run.schedule_id
    join payer on payer.id = schedule.payer_id
    join payer_gateway carrier on carrier.payer_id = payer.id and carrier.method = payout.method
    where payout.id = any(${sql.array(payoutIds, 'uuid')})`);
  return new Map(rows.map((row) => [row.payoutId, () => openOrder(keys, row)]));
}
