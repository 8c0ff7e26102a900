import { type QuerySqlToken, sql, type FragmentSqlToken } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import { Failure } from '../../domain/errors.ts';
import { GIVERS, type Giver, type Place } from '../../domain/partners/instrument.ts';
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
  /** Whether nothing is paid to it before a second person called the partner back. */
  waitsForCall: z.boolean(),
  createdAt: Instant,
  givenBy: z.enum(GIVERS),
  /** Its position in the order of the partner, counted from 1. Null once it was withdrawn. */
  position: z.bigint().transform(Number).nullable(),
  withdrawnAt: Instant.nullable(),
  withdrawnReason: z.string().nullable(),
  /** The advice after a failure that nobody has cleared. */
  failureAdvice: z.string().nullable(),
  /** The objections of the provider, or ours, to its details, by the names of their fields. */
  failureFields: z.array(z.strictObject({ field: z.string(), reason: z.string() })),
  /** The codes of other partners who gave the same account and did not withdraw it. */
  sharedWith: z.array(z.string()),
});
export type Instrument = z.infer<typeof InstrumentRow>;

/** The instruments of some partners, each with its position. A condition `then` chooses among them. */
const readInstruments = (partners: FragmentSqlToken, then: FragmentSqlToken): QuerySqlToken<typeof InstrumentRow> =>
  sql.type(InstrumentRow)`
    with placed as (
      select version.*, withdrawn.withdrawn_at, withdrawn.reason as withdrawn_reason,
        case when withdrawn.instrument_id is null then row_number() over (
          partition by version.partner_id, withdrawn.instrument_id is null
          order by coalesce(moved.place, version.place), version.id desc) end as position
      from instrument_version version
      left join instrument_withdrawal withdrawn on withdrawn.instrument_id = version.id
      left join lateral (
        select place from instrument_place later
        where later.instrument_id = version.id and later.usable_from <= now() order by later.id desc limit 1
      ) moved on true
      where version.partner_id ${partners}
    )
    select id, method, currency, country, last4, usable_from as "usableFrom",
      needs_call and not exists (
        select from details_call made where made.instrument_id = placed.id and made.is_confirmed) as "waitsForCall", created_at as "createdAt", given_by as "givenBy",
      position, withdrawn_at as "withdrawnAt", withdrawn_reason as "withdrawnReason",
      failure.advice as "failureAdvice", coalesce(failure.objections, '[]') as "failureFields",
      array(
        select distinct partner.code from instrument_version other join partner on partner.id = other.partner_id
        where other.fingerprint = placed.fingerprint and other.partner_id <> placed.partner_id
          and not exists (select from instrument_withdrawal gone where gone.instrument_id = other.id)
        order by partner.code) as "sharedWith"
    from placed left join lateral (
      select advice, objections from instrument_failure failed
      where failed.instrument_id = placed.id and cleared_at is null order by failed_at desc limit 1
    ) failure on true ${then}`;

/** A version of where a partner's money goes. Its details are sealed under its id. */
export type NewInstrument = {
  id: string;
  partnerId: bigint;
  method: Method;
  type: string | null;
  currency: CurrencyCode | null;
  country: string;
  last4: string;
  place: Place;
  sealed: Uint8Array;
  fingerprint: Uint8Array;
};

/** `signatureId` is that of the person who gave the details with a passkey. */
export type InstrumentPolicy = { coolingOffDays: number; by: string; givenBy: Giver; signatureId?: string };

/** The database makes the new ids, so that the version that was written last is the newest, even if our clock is wrong. */
export const newInstrumentIds = async (db: Database, count: number): Promise<readonly string[]> =>
  (await db.any(sql.type(Id)`select uuidv7() as id from generate_series(1, ${count}) order by 1`)).map(({ id }) => id);

/**
 * Writes versions. A partner's first version may be paid to at once. So may a correction of it, while the partner was never paid and
 * all details came from the same hands. Any other version cools off. The caller has locked the partners.
 */
export async function insertInstruments(
  db: Database,
  keyId: string,
  instruments: readonly NewInstrument[],
  { coolingOffDays, by, givenBy }: InstrumentPolicy,
): Promise<readonly Instrument[]> {
  const rows = instruments.map(
    ({ id, partnerId, method, type, currency, country, sealed, fingerprint, last4, place }) => [
      id,
      String(partnerId),
      method,
      type,
      currency,
      country,
      Buffer.from(sealed).toString('base64'),
      Buffer.from(fingerprint).toString('hex'),
      last4,
      place,
    ],
  );
  await db.query(sql.unsafe`
    insert into instrument_version(id, partner_id, method, type, currency, country, sealed, key_id, fingerprint, last4, created_by, given_by,
      needs_call, usable_from, place)
    select id, partner_id, method, type, currency, country, decode(sealed, 'base64'), ${keyId}, decode(mark, 'hex'), last4, ${by}, ${givenBy},
      is_change and exists (
        select from agreement_term term join program on program.id = term.program_id
        where term.partner_id = given.partner_id and program.confirms_details),
      case when is_change then now() + make_interval(days => ${coolingOffDays}) else now() end,
      case wish when 'last' then coalesce(known.last + 1, 0) else coalesce(known.first, 0) end
    from ${sql.unnest(rows, ['uuid', 'int8', 'text', 'text', 'text', 'text', 'text', 'text', 'text', 'text'])}
      as given(id, partner_id, method, type, currency, country, sealed, mark, last4, wish)
    cross join lateral (
      select exists (
        select from instrument_version earlier where earlier.partner_id = given.partner_id and (
          earlier.given_by <> ${givenBy}
          or exists (select from payout join payout_attempt attempt on attempt.payout_id = payout.id
                     where payout.partner_id = given.partner_id and attempt.submitted_at is not null))) as is_change
    ) earlier
    left join lateral (
      select min(place) as first, max(place) as last from (
        select place from instrument_version where partner_id = given.partner_id
        union all select moved.place from instrument_place moved join instrument_version version on version.id = moved.instrument_id
        where version.partner_id = given.partner_id) places
    ) known on true`);
  const [partners, ids] = [instruments.map(({ partnerId }) => String(partnerId)), instruments.map(({ id }) => id)];
  return db.any(
    readInstruments(
      sql.fragment`= any(${sql.array(partners, 'int8')})`,
      sql.fragment`where id = any(${sql.array(ids, 'uuid')}) order by id`,
    ),
  );
}

/** A partner's versions, newest first, after a cursor. */
export const listInstruments = (
  db: Database,
  partnerId: bigint,
  before: string | null,
  limit: number,
): Promise<readonly Instrument[]> =>
  db.any(
    readInstruments(
      sql.fragment`= ${partnerId}`,
      sql.fragment`where ${before}::uuid is null or id < ${before} order by id desc limit ${limit}`,
    ),
  );

/** The instruments of a partner that were not withdrawn, in the partner's order. */
export const listInstrumentsInOrder = (db: Database, partnerId: bigint): Promise<readonly Instrument[]> =>
  db.any(readInstruments(sql.fragment`= ${partnerId}`, sql.fragment`where position is not null order by position`));

export async function getInstrument(db: Database, partnerId: bigint, id: string): Promise<Instrument> {
  const found = await db.maybeOne(readInstruments(sql.fragment`= ${partnerId}`, sql.fragment`where id = ${id}`));
  if (!found) throw new Failure('not_found', `The partner has no instrument ${id}.`);
  return found;
}

const FailedRow = z.strictObject({
  method: z.enum(METHODS),
  type: z.string().nullable(),
  currency: Currency.nullable(),
  country: z.string(),
  last4: z.string(),
  /** The code of the provider, or our own. */
  reason: z.string(),
  advice: z.string(),
  objections: z.array(z.strictObject({ field: z.string(), reason: z.string() })),
});
export type FailedInstrument = z.infer<typeof FailedRow>;

/** Why an instrument failed, and the form that it was given by. Null if the partner has none with this id that failed. */
export const findFailedInstrument = (db: Database, partnerId: bigint, id: string): Promise<FailedInstrument | null> =>
  db.maybeOne(sql.type(FailedRow)`
    select version.method, version.type, version.currency, version.country, version.last4, failed.reason, failed.advice, failed.objections
    from instrument_version version join instrument_failure failed on failed.instrument_id = version.id and failed.cleared_at is null
    where version.partner_id = ${partnerId} and version.id = ${id} order by failed.failed_at desc limit 1`);
