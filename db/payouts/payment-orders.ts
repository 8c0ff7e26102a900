import { sql } from 'slonik';
import { z } from 'zod';

import { PostalAddress } from '../../domain/fields.ts';
import type { Database } from '../database.ts';
import { Bytes } from '../column-types.ts';
import { instrumentRecord, unsealJson, payerGatewayRecord, type VaultKeys } from '../vault.ts';

const OrderRow = z.strictObject({
  payout_id: z.string(),
  payer_id: z.number(),
  method: z.string(),
  instrument_version_id: z.string(),
  instrument: Bytes,
  account: Bytes,
  payer_name: z.string(),
  payer_address: PostalAddress.nullable(),
});

const openOrder = (keys: VaultKeys, row: z.infer<typeof OrderRow>) => ({
  destination: unsealJson(keys, instrumentRecord(row.instrument_version_id), row.instrument),
  account: unsealJson(keys, payerGatewayRecord(row.payer_id, row.method), row.account),
  payerName: row.payer_name,
  payerAddress: row.payer_address,
});
export type PaymentDetails = ReturnType<typeof openOrder>;

/**
 * Gives, payout by payout, what opens the partner's details that it froze and the payer's own account. Both are in clear only in
 * what an opener returns, one payment at a time: nobody stores or logs it.
 */
export async function listPaymentDetails(
  db: Database,
  keys: VaultKeys,
  payoutIds: readonly string[],
): Promise<ReadonlyMap<string, () => PaymentDetails>> {
  const rows = await db.any(sql.type(OrderRow)`
    select payout.id as payout_id, payer.id as payer_id, payout.method, payout.instrument_version_id, instrument.sealed as instrument,
      carrier.sealed as account, payer.name as payer_name, payer.address as payer_address
    from payout join instrument_version instrument on instrument.id = payout.instrument_version_id
    join payout_run run on run.id = payout.run_id join pay_schedule schedule on schedule.id = run.schedule_id
    join payer on payer.id = schedule.payer_id
    join payer_gateway carrier on carrier.payer_id = payer.id and carrier.method = payout.method
    where payout.id = any(${sql.array(payoutIds, 'uuid')})`);
  return new Map(rows.map((row) => [row.payout_id, () => openOrder(keys, row)]));
}
