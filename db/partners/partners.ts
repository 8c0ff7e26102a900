import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { type PartnerKind, PARTNER_KINDS } from '../../domain/partners/kind.ts';
import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

const PartnerRow = z.strictObject({
  id: z.bigint(),
  code: z.string(),
  name: z.string(),
  kind: z.enum(PARTNER_KINDS),
  email: z.string().nullable(),
  country: z.string(),
  onHoldReason: z.string().nullable(),
  /** The code of the partner who goes on for this one. Null where nobody does. */
  mergedInto: z.string().nullable(),
  /** The codes of the partners for whom this one goes on. */
  mergedFrom: z.array(z.string()),
  createdAt: Instant,
});
export type Partner = z.infer<typeof PartnerRow>;

const partnerColumns = sql.fragment`
  id, code, name, kind, email, country, on_hold_reason as "onHoldReason",
  (select survivor.code from partner survivor where survivor.id = partner.merged_into) as "mergedInto",
  array(select gone.code from partner gone where gone.merged_into = partner.id order by gone.code) as "mergedFrom",
  created_at as "createdAt"`;

export type NewPartner = { code: string; name: string; kind: PartnerKind; email: string | null; country: string };

/** Writes partners, except those whose code is taken. Returns those that were written. */
export function insertPartners(db: Database, partners: readonly NewPartner[]): Promise<readonly Partner[]> {
  const rows = partners.map(({ code, name, kind, email, country }) => [code, name, kind, email, country]);
  return db.any(sql.type(PartnerRow)`
    insert into partner(code, name, kind, email, country)
    select * from ${sql.unnest(rows, ['text', 'text', 'text', 'text', 'text'])} as given(code, name, kind, email, country)
    on conflict (code) do nothing returning ${partnerColumns}`);
}

/** Finds a partner by their code. The code of a merged partner finds the one who goes on. */
export async function getPartner(db: Database, code: string): Promise<Partner> {
  const partner = await db.maybeOne(sql.type(PartnerRow)`
    select ${partnerColumns} from partner
    where id = (select coalesce(known.merged_into, known.id) from partner known where known.code = ${code})`);
  if (!partner) throw new Failure('not_found', `There is no partner ${code}.`);
  return partner;
}

/** The ids of a partner and of those for whom this one goes on. */
export const familyOf = (id: bigint) =>
  sql.fragment`array(select partner.id from partner where partner.id = ${id} or partner.merged_into = ${id})`;

/** The partners with these codes, also those who were merged. */
export const listPartnersNamed = (db: Database, codes: readonly string[]): Promise<readonly Partner[]> =>
  db.any(sql.type(PartnerRow)`select ${partnerColumns} from partner where code = any(${sql.array(codes, 'text')})`);

export const listPartners = (db: Database, after: string | null, limit: number): Promise<readonly Partner[]> =>
  db.any(sql.type(PartnerRow)`
    select ${partnerColumns} from partner where ${after}::text is null or code > ${after} order by code limit ${limit}`);

/** Locks partners until the transaction ends, in the order of their ids. */
export const lockPartners = (db: Database, ids: readonly bigint[]) =>
  db.query(sql.unsafe`
    select from partner where id = any(${sql.array(ids.map(String), 'int8')}) order by id for update`);

const HoldRow = z.strictObject({ code: z.string(), reason: z.string().nullable() });

const HandsRow = z.strictObject({
  heldBy: z.string().nullable(),
  heldAt: Instant.nullable(),
  releasedBy: z.string().nullable(),
  releasedAt: Instant.nullable(),
});
export type HoldHands = z.infer<typeof HandsRow>;

/** The people who held a partner back last, and who let them be paid again, each with the time. */
export const readHoldHands = (db: Database, id: bigint): Promise<HoldHands> =>
  db.one(sql.type(HandsRow)`
    select holder.code as "heldBy", held_at as "heldAt", releaser.code as "releasedBy", released_at as "releasedAt"
    from partner left join actor holder on holder.id = held_by left join actor releaser on releaser.id = released_by
    where partner.id = ${id}`);

/** The code of a partner, and why they are on hold. Nobody puts them on hold until the transaction ends. Null where nothing holds them. */
export const lockHold = (db: Database, id: bigint) =>
  db.one(sql.type(HoldRow)`select code, on_hold_reason as reason from partner where id = ${id} for share`);

/** Locks partners by their codes until the transaction ends, in the order of their ids. */
export const lockPartnersByCode = (db: Database, codes: readonly string[]) =>
  db.query(sql.unsafe`
    select from partner where code = any(${sql.array(codes, 'text')}) order by id for no key update`);

export const updatePartner = (
  db: Database,
  id: bigint,
  { name, email, country }: Pick<NewPartner, 'name' | 'email' | 'country'>,
): Promise<Partner> =>
  db.one(sql.type(PartnerRow)`
    update partner set name = ${name}, email = ${email}, country = ${country},
      country_since = case when country = ${country} then country_since else now() end
    where id = ${id} returning ${partnerColumns}`);

/** Merges a partner, and those merged into them before, into another one. */
export const setMergedInto = (db: Database, mergedId: bigint, intoId: bigint) =>
  db.query(sql.unsafe`
    update partner set merged_into = ${String(intoId)}::bigint
    where id = ${String(mergedId)}::bigint or merged_into = ${String(mergedId)}::bigint`);

/** Writes the reason why a partner is held back, and who says so. */
export const setPartnerHold = (db: Database, id: bigint, reason: string, by: string): Promise<Partner> =>
  db.one(sql.type(PartnerRow)`
    update partner set on_hold_reason = ${reason}, held_by = ${by}, held_at = now() where id = ${id}
    returning ${partnerColumns}`);

/** Ends a hold, and keeps who ended it. A partner who is not on hold stays as they are. */
export const endPartnerHold = (db: Database, id: bigint, by: string): Promise<Partner> =>
  db.one(sql.type(PartnerRow)`
    update partner set on_hold_reason = null,
      released_by = case when on_hold_reason is null then released_by else ${by} end,
      released_at = case when on_hold_reason is null then released_at else now() end
    where id = ${id} returning ${partnerColumns}`);
