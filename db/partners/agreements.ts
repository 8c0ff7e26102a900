import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';
import { addAuditEntries, addAuditEntry } from '../people/audit.ts';

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
