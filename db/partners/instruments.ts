import { sql } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import { type Method, METHODS } from '../../domain/rails.ts';
import { addAuditEntries } from '../people/audit.ts';
import type { Database } from '../database.ts';
import { Currency, Id, Instant } from '../column-types.ts';
import { fingerprint, sealJson, type VaultKeys } from '../vault.ts';

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

/** Where a partner's money goes. `details` are the gateway's `Destination`, in clear until they are sealed here. */
export type NewInstrument = {
  partnerId: bigint;
  method: Method;
  currency: CurrencyCode | null;
  country: string;
  last4: string;
  details: Readonly<Record<string, unknown>>;
  /** What makes two of them the same account, whoever's name is on it. */
  identity: string;
};

export type InstrumentPolicy = { coolingOffDays: number; by: string };

/**
 * Adds one version for each partner, which counts from then on. A partner's first may be paid to at once; a later one waits, so
 * that its owner can object: changed details are how payments are stolen.
 */
export async function addInstruments(
  db: Database,
  vault: VaultKeys,
  instruments: readonly NewInstrument[],
  { coolingOffDays, by }: InstrumentPolicy,
): Promise<readonly Instrument[]> {
  const partnerIds = sql.array(
    instruments.map(({ partnerId }) => String(partnerId)),
    'int8',
  );
  // Two first versions at once would both be usable at once: the partner's row puts them in order.
  await db.query(sql.unsafe`select from partner where id = any(${partnerIds}) order by id for update`);
  const ids = await newIds(db, instruments.length);
  const rows = instruments.map((instrument, index) => sealedRow(vault, ids[index] ?? '', instrument));
  const added = await db.any(sql.type(InstrumentRow)`
    insert into instrument_version(id, partner_id, method, currency, country, sealed, key_id, fingerprint, last4, created_by, usable_from)
    select id, partner_id, method, currency, country, decode(sealed, 'base64'), ${vault.keyId}, decode(mark, 'hex'), last4, ${by},
      case when exists (select from instrument_version earlier where earlier.partner_id = given.partner_id)
        then now() + make_interval(days => ${coolingOffDays}) else now() end
    from ${sql.unnest(rows, ['uuid', 'int8', 'text', 'text', 'text', 'text', 'text', 'text'])}
      as given(id, partner_id, method, currency, country, sealed, mark, last4)
    returning ${instrumentColumns}`);
  await addAuditEntries(
    db,
    added.map(({ id, method }) => ({
      actorId: by,
      action: 'instrument.add',
      subject: `instrument/${id}`,
      detail: { method },
    })),
  );
  return added;
}

/** The database's ids, so that the newest version is the one that was written last, whatever our clock shows. */
const newIds = async (db: Database, count: number): Promise<string[]> =>
  (await db.any(sql.type(Id)`select uuidv7() as id from generate_series(1, ${count}) order by 1`)).map(({ id }) => id);

function sealedRow(vault: VaultKeys, id: string, instrument: NewInstrument) {
  const { partnerId, method, currency, country, last4, details, identity } = instrument;
  const sealed = sealJson(vault, `instrument/${id}`, details).toString('base64');
  const mark = fingerprint(vault, `${method}/${identity}`).toString('hex');
  return [id, String(partnerId), method, currency, country, sealed, mark, last4];
}

/** A partner's versions, the newest first: the first is the one that counts. */
export const listInstruments = (
  db: Database,
  partnerId: bigint,
  before: string | null,
  limit: number,
): Promise<readonly Instrument[]> =>
  db.any(sql.type(InstrumentRow)`
    select ${instrumentColumns} from instrument_version
    where partner_id = ${partnerId} and (${before}::uuid is null or id < ${before}) order by id desc limit ${limit}`);
