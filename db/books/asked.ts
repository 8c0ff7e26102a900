import { sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import { GATEWAYS } from '../../domain/rails.ts';
import { Currency } from '../column-types.ts';
import type { Database } from '../database.ts';

const AskedRow = z.strictObject({
  id: z.string(),
  gateway: z.enum(GATEWAYS),
  providerKey: z.string(),
  batchKey: z.string().nullable(),
  providerRef: z.string().nullable(),
  checkNumber: z.string().nullable(),
  currency: Currency,
  state: z.enum(ATTEMPT_STATES),
  paid: z.bigint(),
  fee: z.bigint(),
  returned: z.bigint(),
  hasBreak: z.boolean(),
});

/** An attempt whose provider was asked, with its sums in minor units as our books have them. */
export type AskedAttempt = z.infer<typeof AskedRow>;

export const listAsked = (db: Database): Promise<readonly AskedAttempt[]> =>
  db.any(sql.type(AskedRow)`
    select id, gateway, provider_key as "providerKey",
      (select provider_key from provider_batch where id = batch_id) as "batchKey", provider_ref as "providerRef",
      check_number::text as "checkNumber", currency, state,
      coalesce(debited_minor, 0)::bigint as paid, coalesce(debit_fee_minor, 0)::bigint as fee,
      coalesce(returned_minor, 0)::bigint as returned,
      exists (select from recon_break where attempt_id = payout_attempt.id and resolved_at is null) as "hasBreak"
    from payout_attempt where submitted_at is not null order by id`);
