import type { Database } from '../../db/database.ts';
import { wakeIneligibleIn } from '../../db/earnings/events.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import {
  getProgram,
  insertProgram,
  lockProgram,
  type NewProgram,
  type Program,
  setAttributes,
  updateAdmission,
} from '../../db/programs/programs.ts';
import { listLaddersOf, lockLadder } from '../../db/programs/ladders.ts';
import { type DeclaredFactKey, listFactKeysNamed } from '../../db/partners/fact-keys.ts';
import { Failure, type FailureDetail } from '../../domain/errors.ts';
import type { Admission, Eligibility } from '../../domain/programs/eligibility.ts';

/** Adds a program to a pay schedule. Throws Failure `already_exists`. */
export const addProgram = (db: Database, program: NewProgram, by: string): Promise<Program> =>
  db.transaction(async (tx) => {
    await refuseUndeclared(tx, program, program.attributes);
    const added = await insertProgram(tx, program, by);
    if (!added)
      throw new Failure(
        'already_exists',
        `There is already a program ${program.code}. Nothing was added. Use another code.`,
      );
    await addAuditEntry(tx, { actorId: by, action: 'program.add', subject: `program/${program.code}` });
    return added;
  });

/**
 * Says who may join a program from now on. Partners who are in the program stay in it. Throws Failure `not_found`, or `invalid_input`
 * where a key of facts is not declared.
 */
export const changeAdmission = (db: Database, code: string, admission: Admission, by: string): Promise<Program> =>
  db.transaction(async (tx) => {
    const { id, attributes } = await getProgram(tx, code);
    await lockProgram(tx, id);
    await refuseUndeclared(tx, admission, attributes);
    await updateAdmission(tx, id, admission, by);
    await wakeIneligibleIn(tx, id);
    const { partnerKinds, eligibility } = admission;
    const detail = { partnerKinds: partnerKinds.join(' '), eligibility: JSON.stringify(eligibility) };
    await addAuditEntry(tx, { actorId: by, action: 'program.admission', subject: `program/${code}`, detail });
    return getProgram(tx, code);
  });

/** Refuses keys and values that no fact can have. Nobody could ever join, or no value would ever be exclusive. */
async function refuseUndeclared(
  db: Database,
  { eligibility: { needs, exclusive, rights } }: Admission,
  attributes: readonly string[] = [],
): Promise<void> {
  const keys = await listFactKeysNamed(db, [...[...needs, ...rights].map(({ key }) => key), ...exclusive]);
  const declared = new Map(keys.map((key) => [key.key, key]));
  for (const key of exclusive.toSorted()) await lockLadder(db, key);
  const ladders = exclusive.length === 0 ? [] : await listLaddersOf(db, exclusive);
  const details = [
    ...ladders.map(({ fact, program }) => ({
      field: `eligibility.exclusive[${exclusive.indexOf(fact)}]`,
      reason: `${fact} is decided by the ladder of program ${program}, and partners share its rungs`,
    })),
    ...needs.flatMap(({ key, anyOf }, index) => whyNotNeed(index, declared.get(key), { key, anyOf })),
    ...exclusive.flatMap((key, index) =>
      declared.has(key) ? [] : [{ field: `eligibility.exclusive[${index}]`, reason: `${key} is not declared` }],
    ),
    ...rights.flatMap(({ attribute, key }, index) => [
      ...(declared.has(key) ? [] : [{ field: `eligibility.rights[${index}].key`, reason: `${key} is not declared` }]),
      ...(attributes.includes(attribute)
        ? []
        : [
            {
              field: `eligibility.rights[${index}].attribute`,
              reason: `${attribute} is not an attribute that the program declares`,
            },
          ]),
    ]),
  ];
  if (details.length > 0)
    throw new Failure(
      'invalid_input',
      'The program needs a fact or an attribute that nobody can have. Nothing was changed. Declare it with its values, or correct the named fields.',
      { details },
    );
}

function whyNotNeed(
  index: number,
  declared: DeclaredFactKey | undefined,
  { key, anyOf }: Eligibility['needs'][number],
): FailureDetail[] {
  const field = `eligibility.needs[${index}]`;
  if (!declared) return [{ field: `${field}.key`, reason: `${key} is not declared` }];
  if (declared.allowedValues.length === 0) return [];
  return anyOf
    .filter((value) => !declared.allowedValues.includes(value))
    .map((value) => ({ field: `${field}.anyOf`, reason: `${value} is not a value of ${key}` }));
}
/** Declares names of facts that a program's events may have. Names that are declared already stay. Throws Failure `not_found`. */
export const declareAttributes = (db: Database, code: string, names: readonly string[], by: string): Promise<Program> =>
  db.transaction(async (tx) => {
    const { id } = await getProgram(tx, code);
    await lockProgram(tx, id);
    const { attributes } = await getProgram(tx, code);
    const added = names.filter((name) => !attributes.includes(name));
    if (added.length > 0) {
      await setAttributes(tx, id, [...new Set([...attributes, ...added])]);
      const detail = { added: added.join(', ') };
      await addAuditEntry(tx, {
        actorId: by,
        action: 'program.declare_attributes',
        subject: `program/${code}`,
        detail,
      });
    }
    return getProgram(tx, code);
  });
