import { sql } from 'slonik';
import { z } from 'zod';

import { type Money, money } from '../../domain/money.ts';
import { Currency } from '../column-types.ts';
import type { Database } from '../database.ts';

const AmountRow = z.strictObject({ currency: Currency, minor: z.bigint() });

/** The amounts from which finance is told of a payer's failed payouts and breaks at once, one for each currency. */
export const listAlertAmounts = async (db: Database, payerId: number): Promise<readonly Money[]> =>
  (
    await db.any(sql.type(AmountRow)`
      select currency, amount_minor as minor from payer_alert_amount where payer_id = ${payerId} order by currency`)
  ).map(({ currency, minor }) => money(minor, currency));

/** Replaces them. A currency that is not named has none. */
export async function replaceAlertAmounts(db: Database, payerId: number, amounts: readonly Money[]): Promise<void> {
  await db.query(sql.unsafe`delete from payer_alert_amount where payer_id = ${payerId}`);
  await db.query(sql.unsafe`
    insert into payer_alert_amount(payer_id, currency, amount_minor)
    select ${payerId}, * from ${sql.unnest(
      amounts.map(({ currency, minor }) => [currency, String(minor)]),
      ['text', 'int8'],
    )}`);
}
