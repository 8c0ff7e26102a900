import { sql } from 'slonik';
import { z } from 'zod';

import { Failure, type FailureDetail } from '../../domain/errors.ts';
import { addAuditEntries, addAuditEntry } from '../people/audit.ts';
import type { Database } from '../database.ts';
import { type PartnerKind, PARTNER_KINDS } from '../../domain/partners/kind.ts';
import { Instant } from '../column-types.ts';

const PartnerRow = z.strictObject({
  id: z.bigint(),
  code: z.string(),
  name: z.string(),
  kind: z.enum(PARTNER_KINDS),
  email: z.string().nullable(),
  country: z.string(),
  onHoldReason: z.string().nullable(),
  createdAt: Instant,
});
export type Partner = z.infer<typeof PartnerRow>;

const partnerColumns = sql.fragment`
  id, code, name, kind, email, country, on_hold_reason as "onHoldReason", created_at as "createdAt"`;

export type NewPartner = { code: string; name: string; kind: PartnerKind; email: string | null; country: string };

/** Adds partners, all or none; throws Failure `already_exists` with every code that is taken. */
export async function addPartners(
  db: Database,
  partners: readonly NewPartner[],
  by: string,
): Promise<readonly Partner[]> {
  const rows = partners.map(({ code, name, kind, email, country }) => [code, name, kind, email, country]);
  const added = await db.any(sql.type(PartnerRow)`
    insert into partner(code, name, kind, email, country)
    select * from ${sql.unnest(rows, ['text', 'text', 'text', 'text', 'text'])} as given(code, name, kind, email, country)
    on conflict (code) do nothing returning ${partnerColumns}`);
  if (added.length < partners.length) throw taken(partners, added);
  await addAuditEntries(
    db,
    added.map(({ code }) => ({ actorId: by, action: 'partner.add', subject: `partner/${code}` })),
  );
  return added;
}

function taken(partners: readonly NewPartner[], added: readonly Partner[]): Failure {
  const free = new Set(added.map(({ code }) => code));
  const codes = partners.map(({ code }) => code).filter((code) => !free.has(code));
  const details = codes.map((code): FailureDetail => ({ field: 'code', reason: `${code} is taken` }));
  return new Failure('already_exists', `Nothing was added: there is a partner ${codes[0]} already.`, { details });
}

export async function getPartner(db: Database, code: string): Promise<Partner> {
  const partner = await db.maybeOne(sql.type(PartnerRow)`select ${partnerColumns} from partner where code = ${code}`);
  if (!partner) throw new Failure('not_found', `There is no partner ${code}.`);
  return partner;
}

export const listPartners = (db: Database, after: string | null, limit: number): Promise<readonly Partner[]> =>
  db.any(sql.type(PartnerRow)`
    select ${partnerColumns} from partner where ${after}::text is null or code > ${after} order by code limit ${limit}`);

export type PartnerChange = {
  name?: string | undefined;
  email?: string | null | undefined;
  country?: string | undefined;
};

export async function changePartner(db: Database, code: string, change: PartnerChange, by: string): Promise<Partner> {
  return db.transaction(async (tx) => {
    const { id, ...before } = await getPartner(tx, code);
    const { name = before.name, email = before.email, country = before.country } = change;
    const changed = await tx.one(sql.type(PartnerRow)`
      update partner set name = ${name}, email = ${email}, country = ${country} where id = ${id} returning ${partnerColumns}`);
    const detail = { fields: Object.keys(change).join(' ') };
    await addAuditEntry(tx, { actorId: by, action: 'partner.change', subject: `partner/${code}`, detail });
    return changed;
  });
}

/** Holds back a partner's money from every draft after this, with the reason that the partner is told; or frees it: null. */
export async function holdPartner(
  db: Database,
  code: string,
  { held, reason }: { held: boolean; reason: string },
  by: string,
): Promise<Partner> {
  return db.transaction(async (tx) => {
    const partner = await tx.maybeOne(sql.type(PartnerRow)`
      update partner set on_hold_reason = ${held ? reason : null} where code = ${code} returning ${partnerColumns}`);
    if (!partner) throw new Failure('not_found', `There is no partner ${code}.`);
    const action = held ? 'partner.hold' : 'partner.release';
    await addAuditEntry(tx, { actorId: by, action, subject: `partner/${code}`, detail: { reason } });
    return partner;
  });
}
