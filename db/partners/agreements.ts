import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { Instant, LocalDate } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

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

/** Local dates in the zone of the program's schedule, half-open. An agreement without an end goes on. */
export type NewAgreement = { partner: string; program: string; plan: string; startsOn: string; endsOn: string | null };

export type PlanName = { program: string; plan: string };
export type Membership = { partner: string; program: string };

/**
 * Writes agreements, except those whose plan is not known or whose partner is in the program already. Returns those that were
 * written.
 */
export function insertAgreements(db: Database, agreements: readonly NewAgreement[]): Promise<readonly Membership[]> {
  const rows = agreements.map(({ partner, program, plan, startsOn, endsOn }) => [
    partner,
    program,
    plan,
    startsOn,
    endsOn,
  ]);
  return db.any(sql.type(z.strictObject({ partner: z.string(), program: z.string() }))`
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
}

/** The plans that these programs have. */
export const listPlanNames = (db: Database, programs: readonly string[]): Promise<readonly PlanName[]> =>
  db.any(sql.type(z.strictObject({ program: z.string(), plan: z.string() }))`
    select program.code as program, plan.code as plan from plan join program on program.id = plan.program_id
    where program.code = any(${sql.array(programs, 'text')})`);

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

/** Moves a partner to a plan of the program, and sets when the agreement ends. Returns whether the program has that plan. */
export const updateAgreement = (
  db: Database,
  { partner, program, plan, endsOn }: Omit<NewAgreement, 'startsOn'>,
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update agreement set plan_id = plan.id, ends_on = ${endsOn}
    from partner, program join plan on plan.program_id = program.id
    where partner.id = agreement.partner_id and program.id = agreement.program_id
      and partner.code = ${partner} and program.code = ${program} and plan.code = ${plan}`,
  );
