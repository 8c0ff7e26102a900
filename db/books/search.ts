import { sql } from 'slonik';
import { z } from 'zod';

import { isUuid } from '../../domain/ids.ts';
import { PAYOUT_STATUSES } from '../../domain/payouts/payout.ts';
import { Currency } from '../column-types.ts';
import type { Database } from '../database.ts';

/** One search over everything that finance looks for. Each part uses an index, and each finds a few rows at most. */

const FOUND_MAX = 20;

const PartnerFound = z.strictObject({ code: z.string(), name: z.string(), country: z.string(), by: z.string() });
export type PartnerFound = z.infer<typeof PartnerFound>;

/** A text in which no character stands for others. */
const literal = (text: string): string => text.replaceAll(/[\\%_]/g, String.raw`\$&`);

/** Partners by the beginning of their code or name, by their mailbox, or by the last four characters of an account. */
export const findPartners = (db: Database, text: string): Promise<readonly PartnerFound[]> =>
  db.any(sql.type(PartnerFound)`
    select distinct on (code) code, name, country, by from (
      (select code, name, country, 'code' as by from partner where code like ${`${literal(text)}%`} order by code limit ${FOUND_MAX})
      union all
      (select code, name, country, 'name' from partner where lower(name) like ${`${literal(text.toLowerCase())}%`} order by lower(name) limit ${FOUND_MAX})
      union all
      (select code, name, country, 'mail' from partner where lower(email) = ${text.toLowerCase()} limit ${FOUND_MAX})
      union all
      (select partner.code, partner.name, partner.country, 'account' from instrument_version version
       join partner on partner.id = version.partner_id where version.last4 = ${text} limit ${FOUND_MAX})
    ) found order by code limit ${FOUND_MAX}`);

const PayoutFound = z.strictObject({
  id: z.string(),
  partner: z.string(),
  currency: Currency,
  netMinor: z.bigint(),
  status: z.enum(PAYOUT_STATUSES),
});
export type PayoutFound = z.infer<typeof PayoutFound>;

const EventFound = z.strictObject({ source: z.string(), id: z.string(), kind: z.string(), partner: z.string() });

/** Events by their id in their source. */
export const findEvents = (db: Database, text: string): Promise<readonly z.infer<typeof EventFound>[]> =>
  db.any(sql.type(EventFound)`
    select event.source, event.source_id as id, event.kind, partner.code as partner
    from event join partner on partner.id = event.partner_id
    where event.source_id = ${text} and event.revision = 1 order by event.source limit ${FOUND_MAX}`);

const CHECK_NUMBER = /^\d{1,15}$/;

/** Payouts by their id, the provider's reference or the number of a check, if the reader reaches their run. */
export const findPayouts = (db: Database, text: string): Promise<readonly PayoutFound[]> =>
  db.any(sql.type(PayoutFound)`
    with wanted as (
      select ${isUuid(text) ? text : null}::uuid as id where ${isUuid(text)}
      union
      (select payout_id from payout_attempt where provider_ref = ${text} limit ${FOUND_MAX})
      union
      (select payout_id from payout_attempt where check_number = ${CHECK_NUMBER.test(text) ? text : null}::bigint limit ${FOUND_MAX})
    )
    select payout.id, partner.code as partner, payout.currency, payout.net_minor as "netMinor", payout.status
    from wanted join payout using (id) join payout_run run on run.id = payout.run_id join partner on partner.id = payout.partner_id order by payout.id desc limit ${FOUND_MAX}`);
