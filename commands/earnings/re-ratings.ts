import type { Database } from '../../db/database.ts';
import {
  getReRating,
  insertReRating,
  lockReRating,
  notePrepared,
  readReRatingDecider,
  recordReRatingVerdict,
  type ReRating,
} from '../../db/earnings/re-ratings.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { getProgram } from '../../db/programs/programs.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { whyNotDecideReRating } from '../../domain/earnings/re-rating.ts';
import { Failure } from '../../domain/errors.ts';
import { askToDecide } from '../open-task.ts';

const subjectOf = (id: string): string => `re-rating/${id}`;

export type ReRatingWish = {
  program: string;
  partner: string | null;
  from: string;
  until: string | null;
  reason: string;
};

/** Proposes to work out the events of some days again. Throws Failure `not_found`, `invalid_input` or `re_rating_open`. */
export const proposeReRating = (
  db: Database,
  { program: code, partner, from, until, reason }: ReRatingWish,
  by: string,
  signatureId?: string,
): Promise<ReRating> =>
  db.transaction(async (tx) => {
    if (until !== null && until <= from)
      throw new Failure('invalid_input', 'These days are none. Nothing was recorded. Correct the named field.', {
        details: [{ field: 'until', reason: `is not after ${from}` }],
      });
    const { id: programId } = await getProgram(tx, code);
    const partnerId = partner === null ? null : (await getPartner(tx, partner)).id;
    const id = await insertReRating(tx, { programId, partnerId, from, until, reason, proposedBy: by, signatureId });
    if (id === null)
      throw new Failure(
        're_rating_open',
        `Another re-rating of program ${code} is open. Nothing was recorded. Have it confirmed or declined first.`,
      );
    const detail = { program: code, partner, from, until, reason, ...signedBy(signatureId) };
    await addAuditEntry(tx, { actorId: by, action: 're_rating.propose', subject: subjectOf(id), detail });
    return getReRating(tx, id);
  });

/** Ends the preview of a re-rating, and asks another person to decide. Safe to repeat. */
export const finishPreview = (db: Database, id: string): Promise<void> =>
  db.transaction(async (tx) => {
    const { status, program } = await lockReRating(tx, id);
    if (status !== 'preparing') return;
    await notePrepared(tx, id, null, []);
    await askToDecide(tx, {
      kind: 're_rating_proposed',
      subject: subjectOf(id),
      detail: `A re-rating of program ${program} waits for another person and books nothing until then. Read what would change, then confirm or decline it.`,
    });
  });

export type ReRatingDecision = {
  id: string;
  actorId: string;
  decision: 'confirm' | 'decline';
  note: string | null;
  signatureId?: string | null;
};

/** Confirms or declines a re-rating. Its workflow then books it, for each partner as a whole. */
export const decideReRating = (
  db: Database,
  { id, actorId, decision, note, signatureId = null }: ReRatingDecision,
): Promise<ReRating> =>
  db.transaction(async (tx) => {
    const reRating = await lockReRating(tx, id);
    const decider = { id: actorId, ...(await readReRatingDecider(tx, id, actorId)) };
    const refusal = whyNotDecideReRating(reRating, decider, decision);
    if (refusal) throw new Failure(refusal.code, refusal.message);
    const status = decision === 'confirm' ? 'confirmed' : 'declined';
    await recordReRatingVerdict(tx, id, { status, by: actorId, note, signatureId });
    await closeTask(tx, { kind: 're_rating_proposed', subject: subjectOf(id) }, { actorId, resolution: status });
    const detail = signedBy(signatureId);
    await addAuditEntry(tx, { actorId, action: `re_rating.${decision}`, subject: subjectOf(id), detail });
    return getReRating(tx, id);
  });
