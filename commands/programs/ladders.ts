import type { Database } from '../../db/database.ts';
import { listFactKeysNamed } from '../../db/partners/fact-keys.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import {
  findLadder,
  insertLadderVersion,
  isPlacedSince,
  type LadderVersion,
  lockLadder,
} from '../../db/programs/ladders.ts';
import { getProgram, lockProgram, type Program } from '../../db/programs/programs.ts';
import { findProgramOfExclusive } from '../../db/programs/rivals.ts';
import { localDate } from '../../domain/calendar.ts';
import { Failure, type FailureDetail, refused } from '../../domain/errors.ts';
import { whyNotFact } from '../../domain/partners/fact.ts';
import { type LadderTerms, whyNotBegin } from '../../domain/programs/ladder.ts';

export type LadderWish = Pick<LadderVersion, 'fact' | 'from' | 'terms' | 'reason'>;

/**
 * Adds a version to a ladder of a program, for the windows that begin on its first day or later. It replaces the versions that begin on that
 * day or later. Without terms, the ladder ends. Throws Failure `not_found`, or `invalid_input`, which names each field.
 */
export const addLadderVersion = (
  db: Database,
  program: string,
  wish: LadderWish,
  by: string,
  signatureId?: string,
): Promise<LadderVersion> =>
  db.transaction(async (tx) => {
    const found = await getProgram(tx, program);
    await lockProgram(tx, found.id);
    await lockLadder(tx, wish.fact);
    await refuseUndeclared(tx, found, wish);
    const ladder = await findLadder(tx, wish.fact);
    if (ladder && ladder.programId !== found.id)
      throw refused(
        'fact',
        `is decided by the ladder of program ${ladder.program}, and a partner has one value at a time`,
      );
    const rival = wish.terms && (await findProgramOfExclusive(tx, wish.fact));
    if (rival !== null)
      throw refused('fact', `is exclusive in program ${rival}, and partners share the rungs of a ladder`);
    const reason = whyNotBegin(ladder?.versions ?? [], wish, localDate(Date.now(), 'UTC'));
    if (reason !== undefined) throw refused('from', reason);
    if (await isPlacedSince(tx, wish.fact, wish.from))
      throw refused(
        'from',
        'is not after the windows that are closed: partners have their rungs by them. Choose the first day of a later one',
      );
    const added = await insertLadderVersion(tx, found.id, wish, by);
    const detail = { version: added.version, from: wish.from, reason: wish.reason, ...signedBy(signatureId) };
    await addAuditEntry(tx, { actorId: by, action: 'ladder.add_version', subject: `ladder/${wish.fact}`, detail });
    return added;
  });

/** Refuses values that the fact cannot have, and attributes that no event of the program can have. */
async function refuseUndeclared(
  db: Database,
  { code, attributes }: Program,
  { fact, terms }: LadderWish,
): Promise<void> {
  const [declared] = await listFactKeysNamed(db, [fact]);
  if (!declared) throw refused('fact', `${fact} is not a declared key of facts about partners`);
  if (declared.many) throw refused('fact', `${fact} has many values at a time, and a partner stands on one rung`);
  const details = terms === null ? [] : [...wrongValues(terms), ...wrongAttributes(terms)];
  if (details.length > 0)
    throw new Failure('invalid_input', 'These terms cannot be used. Nothing was added. Correct the named fields.', {
      details,
    });

  function wrongValues({ rungs }: LadderTerms): FailureDetail[] {
    return rungs.flatMap(({ value }, index) => {
      const wrong = whyNotFact({ key: fact, value, holds: true }, declared);
      return wrong ? [{ field: `terms.rungs[${index}].value`, reason: wrong.reason }] : [];
    });
  }
  function wrongAttributes({ when }: LadderTerms): FailureDetail[] {
    return Object.keys(when.event ?? {})
      .filter((name) => !attributes.includes(name))
      .map((name) => ({ field: `terms.when.event.${name}`, reason: `${name} is not an attribute of program ${code}` }));
  }
}
