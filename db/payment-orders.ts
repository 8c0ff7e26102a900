import { sql } from 'slonik';
import { z } from 'zod';

import type { Payout } from './payouts.ts';
import type { Database } from './database.ts';
import { Bytes } from './rows.ts';
import { openJson, type VaultKeys } from './vault.ts';

const Address = z.strictObject({
  line1: z.string(),
  line2: z.string().optional(),
  city: z.string(),
  region: z.string(),
  postalCode: z.string(),
  country: z.string(),
});

const OrderRow = z.strictObject({
  instrument: Bytes,
  account: Bytes,
  account_ref: z.string(),
  payer_name: z.string(),
  payer_address: Address.nullable(),
});

/** What the vault is asked with; the same words seal a record and open it. */
export const instrumentRecord = (instrumentVersionId: string): string => `instrument/${instrumentVersionId}`;
export const payerGatewayRecord = (payerId: number, method: string): string => `payer-gateway/${payerId}/${method}`;
export const attemptRecord = (attemptId: string): string => `attempt/${attemptId}`;

/**
 * Opens, for one payment, the partner's details that the payout froze and the payer's own account. Both are in clear only in
 * what this returns: nobody stores or logs it.
 */
export async function openPaymentDetails(db: Database, keys: VaultKeys, payout: Payout) {
  const row = await db.one(sql.type(OrderRow)`
    select instrument.sealed as instrument, carrier.sealed as account, carrier.account_ref, payer.name as payer_name,
      payer.address as payer_address
    from instrument_version instrument, payer join payer_gateway carrier on carrier.payer_id = payer.id
    where instrument.id = ${payout.instrumentVersionId} and payer.id = ${payout.payerId} and carrier.method = ${payout.method}`);
  return {
    destination: openJson(keys, instrumentRecord(payout.instrumentVersionId), row.instrument),
    account: openJson(keys, payerGatewayRecord(payout.payerId, payout.method), row.account),
    payerName: row.payer_name,
    payerAddress: row.payer_address,
  };
}
