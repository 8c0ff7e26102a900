import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { LIMITS, type Limited, type Reach } from '../../domain/people/reach.ts';
import type { Database } from '../database.ts';

/** The codes of the programs and payers that a role is limited to. Both are empty where it reaches everything. */
export const LimitColumns = { programs: z.array(z.string()), payers: z.array(z.string()) };

export const limitsOf = (held: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  array(select code from program where id = any(${held}.program_ids) order by code) as programs,
  array(select code from payer where id = any(${held}.payer_ids) order by code) as payers`;

/** The ids of the same, of one role. Null where it reaches everything. */
export const ReachColumn: z.ZodType<Reach> = z
  .strictObject({ programs: z.array(z.number()), payers: z.array(z.number()) })
  .nullable();

export const reachOf = (held: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  case when num_nonnulls(${held}.program_ids, ${held}.payer_ids) > 0
    then json_build_object('programs', coalesce(${held}.program_ids, '{}'), 'payers', coalesce(${held}.payer_ids, '{}')) end`;

/** The codes among them that no program or payer has. */
export const listUnknownLimits = (db: Database, { programs, payers }: Limited) =>
  db.any(sql.type(UnknownRow)`
    select 'programs' as field, code from unnest(${sql.array(programs, 'text')}) code where code not in (select program.code from program)
    union all
    select 'payers', code from unnest(${sql.array(payers, 'text')}) code where code not in (select payer.code from payer)`);
const UnknownRow = z.strictObject({ field: z.enum(LIMITS), code: z.string() });

/** Whether a role with this reach reaches a thing, such as `run/<id>` (`db/functions/belongs-to.sql`). */
export const reaches = (db: Database, { programs, payers }: NonNullable<Reach>, subject: string): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ reaches: z.boolean() }))`
    select reaches(${sql.array(programs, 'int4')}, ${sql.array(payers, 'int4')}, ${subject}) as reaches`);
