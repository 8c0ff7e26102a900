import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { PARTNER_KINDS } from '../../domain/partners/kind.ts';
import { type Admission, Eligibility } from '../../domain/programs/eligibility.ts';
import { FactGrants } from '../../domain/programs/fact-grants.ts';
import { CHANGED_EVENTS, type IntakeRules, UNKNOWN_PARTNERS } from '../../domain/programs/intake-rules.ts';
import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

const ProgramRow = z.strictObject({
  id: z.number(),
  code: z.string(),
  name: z.string(),
  schedule: z.string(),
  partnerKinds: z.array(z.enum(PARTNER_KINDS)),
  eligibility: Eligibility,
  attributes: z.array(z.string()),
  /** Whether changed payout details of its partners wait for a call of a second person. */
  confirmsDetails: z.boolean(),
  createdAt: Instant,
});
export type Program = z.infer<typeof ProgramRow>;

const programQuery = sql.fragment`
  select program.id, program.code, program.name, schedule.code as schedule, partner_kinds as "partnerKinds",
    eligibility, program.attributes, program.confirms_details as "confirmsDetails", program.created_at as "createdAt"
  from program join pay_schedule schedule on schedule.id = program.schedule_id`;

export type NewProgram = {
  code: string;
  name: string;
  scheduleId: number;
  attributes?: readonly string[];
} & Admission;

/** Writes a program. Null if the code is taken. */
export async function insertProgram(db: Database, program: NewProgram, by: string): Promise<Program | null> {
  const { code, name, scheduleId, partnerKinds, eligibility, attributes = [] } = program;
  const added = await db.maybeOne(sql.type(z.object({ id: z.number() }))`
    insert into program(code, name, schedule_id, partner_kinds, eligibility, bars_events, admission_by, attributes)
    values (${code}, ${name}, ${scheduleId}, ${sql.array(partnerKinds, 'text')}, ${sql.jsonb(eligibility)},
      ${eligibility.onIneligible !== 'earn'}, ${by}, ${sql.array(attributes, 'text')})
    on conflict (code) do nothing returning id`);
  return added && getProgram(db, code);
}

export async function getProgram(db: Database, code: string): Promise<Program> {
  const program = await db.maybeOne(sql.type(ProgramRow)`${programQuery} where program.code = ${code}`);
  if (!program) throw new Failure('not_found', `There is no program ${code}.`);
  return program;
}

export const listPrograms = (db: Database, after: string | null, limit: number): Promise<readonly Program[]> =>
  db.any(sql.type(ProgramRow)`
    ${programQuery} where ${after}::text is null or program.code > ${after} order by program.code limit ${limit}`);

export const listProgramsNamed = (db: Database, codes: readonly string[]): Promise<readonly Program[]> =>
  db.any(sql.type(ProgramRow)`${programQuery} where program.code = any(${sql.array(codes, 'text')})`);

/** Writes who may join a program from now on. */
export const updateAdmission = (db: Database, id: number, { partnerKinds, eligibility }: Admission, by: string) =>
  db.query(sql.unsafe`
    update program set partner_kinds = ${sql.array(partnerKinds, 'text')}, eligibility = ${sql.jsonb(eligibility)},
      bars_events = bars_events or ${eligibility.onIneligible !== 'earn'}, admission_by = ${by}, admission_since = now()
    where id = ${id}`);

const GrantsRow = z.strictObject({ program: z.string(), grants: FactGrants });
/** The facts that the events of a program say about their partners. */
export type ProgramGrants = z.infer<typeof GrantsRow>;

/** The newest grants of programs that have any. */
export const listFactGrants = (db: Database, programs: readonly string[]): Promise<readonly ProgramGrants[]> =>
  db.any(sql.type(GrantsRow)`
    select program.code as program, fact_grants as grants from program
    where program.code = any(${sql.array(programs, 'text')}) and fact_grants <> '[]'`);

export const updateFactGrants = (db: Database, programId: number, grants: z.infer<typeof FactGrants>) =>
  db.query(sql.unsafe`update program set fact_grants = ${sql.jsonb(grants)} where id = ${programId}`);

const IntakeRow = z.strictObject({
  changedEvents: z.enum(CHANGED_EVENTS),
  unknownPartners: z.enum(UNKNOWN_PARTNERS),
  refundWaitHours: z.number(),
  exactAmounts: z.boolean(),
});

/** The rules by which a program takes in events. */
export const readIntakeRules = (db: Database, programId: number): Promise<IntakeRules> =>
  db.one(sql.type(IntakeRow)`
    select changed_events as "changedEvents", unknown_partners as "unknownPartners", refund_wait_hours as "refundWaitHours",
      exact_amounts as "exactAmounts"
    from program where id = ${programId}`);

export const updateIntakeRules = (
  db: Database,
  programId: number,
  { changedEvents, unknownPartners, refundWaitHours, exactAmounts }: IntakeRules,
) =>
  db.query(sql.unsafe`
    update program set changed_events = ${changedEvents}, unknown_partners = ${unknownPartners},
      refund_wait_hours = ${refundWaitHours}, exact_amounts = ${exactAmounts}
    where id = ${programId}`);

/** Writes whether changed payout details of the program's partners wait for a call. */
export const updateConfirmsDetails = (db: Database, programId: number, confirmsDetails: boolean) =>
  db.query(sql.unsafe`update program set confirms_details = ${confirmsDetails} where id = ${programId}`);

/** Locks a program until the transaction ends, so that two versions of one of its plans do not get the same number. */
export const lockProgram = (db: Database, id: number) =>
  db.query(sql.unsafe`select from program where id = ${id} for update`);

/** Sets the names of the facts that a program's events may have. */
export const setAttributes = (db: Database, id: number, attributes: readonly string[]) =>
  db.query(sql.unsafe`update program set attributes = ${sql.array(attributes, 'text')} where id = ${id}`);
