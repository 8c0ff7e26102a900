import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

const ProgramRow = z.strictObject({
  id: z.number(),
  code: z.string(),
  name: z.string(),
  schedule: z.string(),
  partnerKinds: z.array(z.string()),
  createdAt: Instant,
});
export type Program = z.infer<typeof ProgramRow>;

const programQuery = sql.fragment`
  select program.id, program.code, program.name, schedule.code as schedule, partner_kinds as "partnerKinds",
    program.created_at as "createdAt"
  from program join pay_schedule schedule on schedule.id = program.schedule_id`;

export type NewProgram = { code: string; name: string; scheduleId: number; partnerKinds: readonly string[] };

/** Writes a program. Null if the code is taken. */
export async function insertProgram(db: Database, program: NewProgram): Promise<Program | null> {
  const { code, name, scheduleId, partnerKinds } = program;
  const added = await db.maybeOne(sql.type(z.object({ id: z.number() }))`
    insert into program(code, name, schedule_id, partner_kinds)
    values (${code}, ${name}, ${scheduleId}, ${sql.array(partnerKinds, 'text')})
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

/** Locks a program until the transaction ends, so that two versions of one of its plans do not get the same number. */
export const lockProgram = (db: Database, id: number) =>
  db.query(sql.unsafe`select from program where id = ${id} for update`);
