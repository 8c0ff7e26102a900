import { sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import type { PayoutStart } from '../../domain/payouts/payout.ts';
import { type GatewayName, GATEWAYS, METHODS } from '../../domain/rails.ts';
import type { Database } from '../database.ts';

/** The facts that start a payout's workflow. */
export const PayoutStartRow = z.strictObject({
  id: z.string(),
  runId: z.string(),
  partnerCode: z.string(),
  method: z.enum(METHODS),
  gateway: z.enum(GATEWAYS),
});

/** The columns of a `PayoutStart`, in a query that joins `payout` and `partner`. */
export const startColumns = sql.fragment`
  payout.id, payout.run_id as "runId", partner.code as "partnerCode", payout.method, payout.gateway`;

/** The facts that start the workflow of a payout. */
export const getPayoutStart = (db: Database, payoutId: string): Promise<PayoutStart> =>
  db.one(sql.type(PayoutStartRow)`
    select ${startColumns} from payout join partner on partner.id = payout.partner_id where payout.id = ${payoutId}`);

/** The known facts about the attempt that a webhook is about. */
export const KnownRow = z.strictObject({
  state: z.enum(ATTEMPT_STATES),
  word: z.string().nullable(),
  isDenied: z.boolean(),
});

/** The columns of a `KnownRow`, as one value, in a query that reads `payout_attempt attempt`. */
export const knownColumn = sql.fragment`
  jsonb_build_object('state', attempt.state, 'word', attempt.word,
    'isDenied', attempt.state = 'failed' and attempt.resolution_id is not null) as known`;

/** The payout that a provider names by its reference or our key, and its attempt. Null where we do not know one (yet). */
export const findPayoutByProviderRef = (
  db: Database,
  gateway: GatewayName,
  { reference, key }: { reference: string | null; key: string | null },
): Promise<(PayoutStart & { known: z.infer<typeof KnownRow> }) | null> =>
  db.maybeOne(sql.type(PayoutStartRow.extend({ known: KnownRow }))`
    select ${startColumns}, ${knownColumn}
    from payout_attempt attempt join payout on payout.id = attempt.payout_id join partner on partner.id = payout.partner_id
    where attempt.gateway = ${gateway} and (attempt.provider_ref = ${reference} or attempt.provider_key = ${key})
    limit 1`);
