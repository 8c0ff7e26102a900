import { sql } from 'slonik';
import { z } from 'zod';

import { Failure, type FailureDetail } from '../../domain/errors.ts';
import { addAuditEntries, addAuditEntry } from '../people/audit.ts';
import type { Database } from '../database.ts';
import { Instant, LocalDate } from '../column-types.ts';

export const PARTNER_KINDS = [
  'reseller',
  'distributor',
  'affiliate',
  'agent',
  'dealer',
  'installer',
  'supplier',
  'marketplace_seller',
] as const;
export type PartnerKind = (typeof PARTNER_KINDS)[number];

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

const AgreementRow = z.strictObject({
  partner: z.string(),
  program: z.string(),
  plan: z.string(),
  startsOn: LocalDate,
  endsOn: LocalDate.nullable(),
  createdAt: Instant,
});
export type Agreement = z.infer<typeof AgreementRow>;

const agreementQuery = sql.fragment`
  select partner.code as partner, program.code as program, plan.code as plan, starts_on as "startsOn", ends_on as "endsOn",
    agreement.created_at as "createdAt"
  from agreement
  join partner on partner.id = agreement.partner_id
  join program on program.id = agreement.program_id
  join plan on plan.id = agreement.plan_id`;

/** Local dates in the zone of the program's schedule, half-open; without an end it goes on. */
export type NewAgreement = { partner: string; program: string; plan: string; startsOn: string; endsOn: string | null };

/** Lets partners into programs, all or none; throws Failure `invalid_input` or `already_exists` with every one that cannot be. */
export async function addAgreements(db: Database, agreements: readonly NewAgreement[], by: string): Promise<void> {
  const rows = agreements.map(({ partner, program, plan, startsOn, endsOn }) => [
    partner,
    program,
    plan,
    startsOn,
    endsOn,
  ]);
  const added = await db.any(sql.type(z.object({ partner: z.string(), program: z.string() }))`
    with given as (
      select * from ${sql.unnest(rows, ['text', 'text', 'text', 'date', 'date'])} as row(partner, program, plan, starts_on, ends_on)
    ), added as (
      insert into agreement(partner_id, program_id, plan_id, starts_on, ends_on)
      select partner.id, program.id, plan.id, given.starts_on, given.ends_on
      from given
      join partner on partner.code = given.partner
      join program on program.code = given.program
      join plan on plan.program_id = program.id and plan.code = given.plan
      on conflict (partner_id, program_id) do nothing returning partner_id, program_id
    )
    select partner.code as partner, program.code as program
    from added join partner on partner.id = partner_id join program on program.id = program_id`);
  if (added.length < agreements.length) throw await whyNotAdded(db, agreements, added);
  await addAuditEntries(
    db,
    added.map(({ partner, program }) => ({
      actorId: by,
      action: 'agreement.add',
      subject: `partner/${partner}`,
      detail: { program },
    })),
  );
}

type Pair = { partner: string; program: string };
const pairOf = ({ partner, program }: Pair): string => `${partner} ${program}`;

async function whyNotAdded(
  db: Database,
  agreements: readonly NewAgreement[],
  added: readonly Pair[],
): Promise<Failure> {
  const done = new Set(added.map(pairOf));
  const plans = await db.any(sql.type(z.object({ program: z.string(), plan: z.string() }))`
    select program.code as program, plan.code as plan from plan join program on program.id = plan.program_id
    where program.code = any(${sql.array(
      agreements.map(({ program }) => program),
      'text',
    )})`);
  const left = agreements.filter((agreement) => !done.has(pairOf(agreement)));
  const unknown = left.filter(
    ({ program, plan }) => !plans.some((known) => known.program === program && known.plan === plan),
  );
  if (unknown.length > 0)
    return new Failure('invalid_input', 'Nothing was added: a program or its plan is not known.', {
      details: unknown.map(({ partner, program, plan }) => ({
        field: 'plan',
        reason: `${partner}: ${program} has no plan ${plan}`,
      })),
    });
  return new Failure(
    'already_exists',
    'Nothing was added: a partner is in that program already; change its agreement instead.',
    {
      details: left.map(({ partner, program }) => ({
        field: 'program',
        reason: `${partner} is in ${program} already`,
      })),
    },
  );
}

export const listAgreements = (
  db: Database,
  partnerId: bigint,
  after: string | null,
  limit: number,
): Promise<readonly Agreement[]> =>
  db.any(sql.type(AgreementRow)`
    ${agreementQuery} where partner_id = ${partnerId} and (${after}::text is null or program.code > ${after})
    order by program.code limit ${limit}`);

export async function getAgreement(db: Database, partner: string, program: string): Promise<Agreement> {
  const agreement = await db.maybeOne(sql.type(AgreementRow)`
    ${agreementQuery} where partner.code = ${partner} and program.code = ${program}`);
  if (!agreement) throw new Failure('not_found', `Partner ${partner} has no agreement in program ${program}.`);
  return agreement;
}

export type AgreementChange = { plan?: string | undefined; endsOn?: string | null | undefined };

/** Moves a partner to another plan of the program, or says when the agreement ends. What was earned stays as it is. */
export async function changeAgreement(
  db: Database,
  partner: string,
  program: string,
  change: AgreementChange,
  by: string,
): Promise<Agreement> {
  return db.transaction(async (tx) => {
    const before = await getAgreement(tx, partner, program);
    const { plan = before.plan, endsOn = before.endsOn } = change;
    if (endsOn !== null && endsOn <= before.startsOn)
      throw new Failure('invalid_input', `Nothing was changed: the agreement starts on ${before.startsOn}.`, {
        details: [{ field: 'endsOn', reason: `is not after ${before.startsOn}` }],
      });
    const changed = await tx.maybeOne(sql.type(z.object({ id: z.bigint() }))`
      update agreement set plan_id = plan.id, ends_on = ${endsOn}
      from partner, program join plan on plan.program_id = program.id
      where partner.id = agreement.partner_id and program.id = agreement.program_id
        and partner.code = ${partner} and program.code = ${program} and plan.code = ${plan}
      returning agreement.id`);
    if (!changed) throw new Failure('invalid_input', `Nothing was changed: program ${program} has no plan ${plan}.`);
    await addAuditEntry(tx, {
      actorId: by,
      action: 'agreement.change',
      subject: `partner/${partner}`,
      detail: { program, plan, endsOn },
    });
    return getAgreement(tx, partner, program);
  });
}
