import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import type { NewTerm } from '../../domain/partners/agreement.ts';
import { Count, Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

const TermInEffect = z.strictObject({ plan: z.string(), from: LocalDate, until: LocalDate.nullable() });

const AgreementRow = z.strictObject({
  partner: z.string(),
  program: z.string(),
  /** The terms in effect, oldest first. */
  terms: z.array(TermInEffect).min(1),
  createdAt: Instant,
});
export type Agreement = z.infer<typeof AgreementRow>;

/** The agreements of these members, which are rows of `partner_id` and `program_id`. */
const agreementsOf = (members: FragmentSqlToken) => sql.fragment`
  select partner.code as partner, program.code as program, agreed.terms, first.recorded_at as "createdAt"
  from (${members}) member
  join partner on partner.id = member.partner_id
  join program on program.id = member.program_id
  cross join lateral (
    select recorded_at from agreement_term term
    where term.partner_id = member.partner_id and term.program_id = member.program_id order by id limit 1
  ) first
  cross join lateral (
    select jsonb_agg(jsonb_build_object('plan', plan.code, 'from', term.starts_on, 'until', term.ends_on) order by term.starts_on) as terms
    from agreement_terms(member.partner_id, member.program_id) term join plan on plan.id = term.plan_id
  ) agreed
  where agreed.terms is not null`;

/** Local dates in the zone of the program's schedule, half-open. An agreement without an end goes on. */
export type NewAgreement = {
  partner: string;
  program: string;
  plan: string;
  startsOn: string;
  endsOn: string | null;
  reason?: string | undefined;
};

export type PlanName = { program: string; plan: string };
export type Membership = { partner: string; program: string };

export type NewTermOf = NewTerm & Membership & { readonly reason: string | null };

/** Writes terms, each of which supersedes the earlier ones for its days. Their partners, programs and plans exist. */
export function insertTerms(db: Database, terms: readonly NewTermOf[], by: string) {
  const rows = terms.map(({ partner, program, plan, from, until, reason }) => [
    partner,
    program,
    plan,
    from,
    until,
    reason,
  ]);
  return db.query(sql.unsafe`
    insert into agreement_term(partner_id, program_id, plan_id, starts_on, ends_on, reason, recorded_by)
    select partner.id, program.id, plan.id, given.starts_on, given.ends_on, given.reason, ${by}
    from ${sql.unnest(rows, ['text', 'text', 'text', 'date', 'date', 'text'])} with ordinality
      as given(partner, program, plan, starts_on, ends_on, reason, place)
    join partner on partner.code = given.partner
    join program on program.code = given.program
    left join plan on plan.program_id = program.id and plan.code = given.plan
    order by given.place`);
}

/** The plans that these programs have. */
export const listPlanNames = (db: Database, programs: readonly string[]): Promise<readonly PlanName[]> =>
  db.any(sql.type(z.strictObject({ program: z.string(), plan: z.string() }))`
    select program.code as program, plan.code as plan from plan join program on program.id = plan.program_id
    where program.code = any(${sql.array(programs, 'text')})`);

/** A partner's agreements, by the codes of the programs. */
export const listAgreements = (
  db: Database,
  partnerId: bigint,
  after: string | null,
  limit: number,
): Promise<readonly Agreement[]> =>
  db.any(sql.type(AgreementRow)`
    ${agreementsOf(sql.fragment`select distinct partner_id, program_id from agreement_term where partner_id = ${partnerId}`)}
      and (${after}::text is null or program.code > ${after})
    order by program.code limit ${limit}`);

/** The agreements of partners in programs. A partner who is not in a program has none. */
export function listAgreementsOf(db: Database, members: readonly Membership[]): Promise<readonly Agreement[]> {
  const rows = members.map(({ partner, program }) => [partner, program]);
  return db.any(sql.type(AgreementRow)`
    ${agreementsOf(sql.fragment`
      select distinct partner.id as partner_id, program.id as program_id
      from ${sql.unnest(rows, ['text', 'text'])} as asked(partner, program)
      join partner on partner.code = asked.partner join program on program.code = asked.program`)}`);
}

export async function getAgreement(db: Database, partner: string, program: string): Promise<Agreement> {
  const agreement = await db.maybeOne(sql.type(AgreementRow)`
    ${agreementsOf(sql.fragment`
      select partner.id as partner_id, program.id as program_id from partner, program
      where partner.code = ${partner} and program.code = ${program}`)}`);
  if (!agreement) throw new Failure('not_found', `Partner ${partner} has no agreement in program ${program}.`);
  return agreement;
}

const RecordedRow = z.strictObject({
  id: z.bigint(),
  plan: z.string().nullable(),
  from: LocalDate,
  until: LocalDate.nullable(),
  reason: z.string().nullable(),
  recordedBy: z.string().nullable(),
  recordedAt: Instant,
});
/** A term as somebody recorded it. Later terms may have superseded it, or some of its days. */
export type RecordedTerm = z.infer<typeof RecordedRow>;

/** Every term that was ever recorded for a partner in a program, oldest record first. */
export const listRecordedTerms = (
  db: Database,
  { partner, program }: Membership,
  after: bigint | null,
  limit: number,
): Promise<readonly RecordedTerm[]> =>
  db.any(sql.type(RecordedRow)`
    select term.id, plan.code as plan, term.starts_on as "from", term.ends_on as until, term.reason, actor.code as "recordedBy",
      term.recorded_at as "recordedAt"
    from agreement_term term
    join partner on partner.id = term.partner_id join program on program.id = term.program_id
    left join plan on plan.id = term.plan_id left join actor on actor.id = term.recorded_by
    where partner.code = ${partner} and program.code = ${program} and (${after}::int8 is null or term.id > ${after})
    order by term.id limit ${limit}`);

const TermRow = z.strictObject({
  partnerId: z.bigint(),
  planId: z.number(),
  from: LocalDate,
  until: LocalDate.nullable(),
});
export type AgreementTerm = z.infer<typeof TermRow>;

/** The terms in effect of partners in a program, oldest first for each partner. They never overlap. */
export const listAgreementTerms = (
  db: Database,
  programId: number,
  partnerIds: readonly bigint[],
): Promise<readonly AgreementTerm[]> =>
  db.any(sql.type(TermRow)`
    select asked.id as "partnerId", term.plan_id as "planId", term.starts_on as "from", term.ends_on as until
    from (select distinct id from ${sql.unnest(
      partnerIds.map((id) => [String(id)]),
      ['int8'],
    )} as given(id)) asked
    cross join lateral agreement_terms(asked.id, ${programId}) term
    order by asked.id, term.starts_on`);

const AgreedRow = z.strictObject({ plan: z.string(), partners: Count });

/** How many partners have an agreement with each plan of a program, or had one. */
export const countAgreements = (db: Database, programId: number): Promise<readonly z.infer<typeof AgreedRow>[]> =>
  db.any(sql.type(AgreedRow)`
    select plan.code as plan, count(distinct term.partner_id) as partners
    from agreement_term term join plan on plan.id = term.plan_id
    where term.program_id = ${programId} group by plan.code order by plan.code`);
