import type { Database } from '../../db/database.ts';
import {
  type Agreement,
  getAgreement,
  insertAgreements,
  listPlanNames,
  type Membership,
  type NewAgreement,
  updateAgreement,
} from '../../db/partners/agreements.ts';
import { addAuditEntries, addAuditEntry } from '../../db/people/audit.ts';
import { Failure } from '../../domain/errors.ts';

/**
 * Adds partners to programs, all or none. Throws Failure `invalid_input` or `already_exists`, which names each agreement that
 * cannot be added.
 */
export const addAgreements = (db: Database, agreements: readonly NewAgreement[], by: string): Promise<void> =>
  db.transaction(async (tx) => {
    const added = await insertAgreements(tx, agreements);
    if (added.length < agreements.length) throw await whyNotAdded(tx, agreements, added);
    await addAuditEntries(
      tx,
      added.map(({ partner, program }) => ({
        actorId: by,
        action: 'agreement.add',
        subject: `partner/${partner}`,
        detail: { program },
      })),
    );
  });

/** Adds one partner to one program. */
export const addAgreement = (db: Database, agreement: NewAgreement, by: string): Promise<Agreement> =>
  db.transaction(async (tx) => {
    await addAgreements(tx, [agreement], by);
    return getAgreement(tx, agreement.partner, agreement.program);
  });

async function whyNotAdded(
  db: Database,
  agreements: readonly NewAgreement[],
  added: readonly Membership[],
): Promise<Failure> {
  const isDone = ({ partner, program }: Membership) =>
    added.some((done) => done.partner === partner && done.program === program);
  const plans = await listPlanNames(
    db,
    agreements.map(({ program }) => program),
  );
  const left = agreements.filter((agreement) => !isDone(agreement));
  const unknown = left.filter(
    ({ program, plan }) => !plans.some((known) => known.program === program && known.plan === plan),
  );
  if (unknown.length > 0)
    return new Failure(
      'invalid_input',
      'A program does not exist or does not have the named plan. Nothing was added. Correct the named agreements.',
      {
        details: unknown.map(({ partner, program, plan }) => ({
          field: 'plan',
          reason: `${partner}: ${program} has no plan ${plan}`,
        })),
      },
    );
  return new Failure(
    'already_exists',
    'A partner is already in the program. Nothing was added. Change the existing agreement instead.',
    {
      details: left.map(({ partner, program }) => ({
        field: 'program',
        reason: `${partner} is already in ${program}`,
      })),
    },
  );
}

export type AgreementChange = { plan?: string | undefined; endsOn?: string | null | undefined };

/**
 * Moves a partner to another plan of the program, or sets when the agreement ends. Earlier earnings stay as they are. Throws
 * Failure `not_found` or `invalid_input`.
 */
export const changeAgreement = (
  db: Database,
  { partner, program }: Membership,
  change: AgreementChange,
  by: string,
): Promise<Agreement> =>
  db.transaction(async (tx) => {
    const before = await getAgreement(tx, partner, program);
    const { plan = before.plan, endsOn = before.endsOn } = change;
    if (endsOn !== null && endsOn <= before.startsOn)
      throw new Failure(
        'invalid_input',
        `The agreement starts on ${before.startsOn} and must end after that. Nothing was changed. Choose a later end.`,
        { details: [{ field: 'endsOn', reason: `is not after ${before.startsOn}` }] },
      );
    if (!(await updateAgreement(tx, { partner, program, plan, endsOn })))
      throw new Failure(
        'invalid_input',
        `Program ${program} has no plan ${plan}. Nothing was changed. Name one of its plans.`,
      );
    const detail = { program, plan, endsOn };
    await addAuditEntry(tx, { actorId: by, action: 'agreement.change', subject: `partner/${partner}`, detail });
    return getAgreement(tx, partner, program);
  });
