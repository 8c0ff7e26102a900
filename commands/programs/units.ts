import type { Database } from '../../db/database.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { findPlanNaming } from '../../db/programs/plans.ts';
import { getProgram, lockProgram } from '../../db/programs/programs.ts';
import {
  getUnit,
  insertUnit,
  insertUnitRate,
  type NewUnit,
  retireUnit as recordRetirement,
  type Unit,
  type UnitRate,
} from '../../db/programs/units.ts';
import { Failure } from '../../domain/errors.ts';
import { digitsOf, type PointsCode } from '../../domain/unit.ts';

const subjectOf = (code: PointsCode): string => `unit/${code}`;

/** Adds points or credits to a program. Throws Failure `already_exists`: codes are unique over all programs. */
export const addUnit = (db: Database, program: string, unit: NewUnit, by: string): Promise<Unit> =>
  db.transaction(async (tx) => {
    const { id } = await getProgram(tx, program);
    if (!(await insertUnit(tx, id, { ...unit, exponent: digitsOf(unit.code) }, by)))
      throw new Failure(
        'already_exists',
        `There is already a unit ${unit.code}, of this program or another one. Nothing was added. Use another code.`,
      );
    await addAuditEntry(tx, { actorId: by, action: 'unit.add', subject: subjectOf(unit.code), detail: { program } });
    return getUnit(tx, unit.code);
  });

/** Reads a unit of a program. Throws Failure `not_found` where it belongs to another one. */
export async function getUnitOf(db: Database, program: string, code: PointsCode): Promise<Unit> {
  const unit = await getUnit(db, code);
  if (unit.program === program) return unit;
  throw new Failure('not_found', `Program ${program} has no unit ${code}. List its units.`);
}

/**
 * Retires a unit: no terms may name it from now on. Partners keep their points. A second call changes nothing. Throws Failure `unit_in_use`
 * while a plan lets partners earn it, now or later.
 */
export const retireUnit = (
  db: Database,
  program: string,
  code: PointsCode,
  by: string,
  signatureId?: string,
): Promise<Unit> =>
  db.transaction(async (tx) => {
    const { programId } = await getUnitOf(tx, program, code);
    await lockProgram(tx, programId);
    const plan = await findPlanNaming(tx, programId, code);
    if (plan !== null)
      throw new Failure(
        'unit_in_use',
        `Plan ${plan} lets partners earn ${code}, now or later. The unit was not retired. Add a version of the plan without it first, or withdraw the version that names it.`,
      );
    if (await recordRetirement(tx, code, by))
      await addAuditEntry(tx, {
        actorId: by,
        action: 'unit.retire',
        subject: subjectOf(code),
        detail: signedBy(signatureId),
      });
    return getUnit(tx, code);
  });

/** Records what one of a unit is worth in money from a day on. Conversions that are done keep their rate. */
export const setUnitRate = (
  db: Database,
  program: string,
  code: PointsCode,
  rate: Pick<UnitRate, 'currency' | 'from' | 'rate'>,
  by: string,
  signatureId?: string,
): Promise<UnitRate> =>
  db.transaction(async (tx) => {
    await getUnitOf(tx, program, code);
    const added = await insertUnitRate(tx, code, rate, by);
    const detail = { ...rate, ...signedBy(signatureId) };
    await addAuditEntry(tx, { actorId: by, action: 'unit.rate', subject: subjectOf(code), detail });
    return added;
  });
