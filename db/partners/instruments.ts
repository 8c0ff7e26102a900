import { sql } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import { type Method, METHODS } from '../../domain/rails.ts';
import { Currency, Id, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

const InstrumentRow = z.strictObject({
  id: z.string(),
  method: z.enum(METHODS),
  currency: Currency.nullable(),
  country: z.string(),
  last4: z.string(),
  usableFrom: Instant,
  createdAt: Instant,
});
export type Instrument = z.infer<typeof InstrumentRow>;

const instrumentColumns = sql.fragment`
  id, method, currency, country, last4, usable_from as "usableFrom", created_at as "createdAt"`;

/** A version of where a partner's money goes. Its details are sealed under its id. */
export type NewInstrument = {
  id: string;
  partnerId: bigint;
  method: Method;
  currency: CurrencyCode | null;
  country: string;
  last4: string;
  sealed: Uint8Array;
  fingerprint: Uint8Array;
};

export type InstrumentPolicy = { coolingOffDays: number; by: string };

/** The database makes the new ids, so that the version that was written last is the newest, even if our clock is wrong. */
export const newInstrumentIds = async (db: Database, count: number): Promise<readonly string[]> =>
  (await db.any(sql.type(Id)`select uuidv7() as id from generate_series(1, ${count}) order by 1`)).map(({ id }) => id);

/**
 * Writes versions. A partner's first version may be paid to at once, and a later one cools off. The caller has locked the
 * partners.
 */
export function insertInstruments(
  db: Database,
  keyId: string,
  instruments: readonly NewInstrument[],
  { coolingOffDays, by }: InstrumentPolicy,
): Promise<readonly Instrument[]> {
  const rows = instruments.map(({ id, partnerId, method, currency, country, sealed, fingerprint, last4 }) => [
    id,
    String(partnerId),
    method,
    currency,
    country,
    Buffer.from(sealed).toString('base64'),
    Buffer.from(fingerprint).toString('hex'),
    last4,
  ]);
  return db.any(sql.type(InstrumentRow)`
    insert into instrument_version(id, partner_id, method, currency, country, sealed, key_id, fingerprint, last4, created_by, usable_from)
    select id, partner_id, method, currency, country, decode(sealed, 'base64'), ${keyId}, decode(mark, 'hex'), last4, ${by},
      case when exists (select from instrument_version earlier where earlier.partner_id = given.partner_id)
        then now() + make_interval(days => ${coolingOffDays}) else now() end
    from ${sql.unnest(rows, ['uuid', 'int8', 'text', 'text', 'text', 'text', 'text', 'text'])}
      as given(id, partner_id, method, currency, country, sealed, mark, last4)
    returning ${instrumentColumns}`);
}

/** A partner's versions, newest first. The first one counts. */
export const listInstruments = (
  db: Database,
  partnerId: bigint,
  before: string | null,
  limit: number,
): Promise<readonly Instrument[]> =>
  db.any(sql.type(InstrumentRow)`
    select ${instrumentColumns} from instrument_version
    where partner_id = ${partnerId} and (${before}::uuid is null or id < ${before}) order by id desc limit ${limit}`);
