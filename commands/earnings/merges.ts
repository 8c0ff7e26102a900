import { postJournals } from '../../db/books/ledger.ts';
import type { Database } from '../../db/database.ts';
import {
  type Correction,
  insertCorrectionItems,
  listCorrectionItems,
  lockCorrection,
} from '../../db/earnings/corrections.ts';
import { insertCorrectedLines } from '../../db/earnings/earnings.ts';
import { wakeIneligible } from '../../db/earnings/events.ts';
import { listFreeSums, listTermsToTakeOver, listUnfollowedMerges } from '../../db/earnings/merges.ts';
import { insertTerms } from '../../db/partners/agreements.ts';
import { getPartner, lockPartners, type Partner, setMergedInto } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { listGrantsOfPartner } from '../../db/people/grants.ts';
import { correctionPostings } from '../../domain/books/postings.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { takeOverFacts } from '../partners/facts.ts';
import { takeOverParents } from '../partners/parents.ts';
import { revokeGrant } from '../people/grants.ts';
import { recordProposal } from './correction-proposals.ts';
import { movePoints } from './points-merge.ts';

/** The most sums that one transaction moves. The next sweep moves the rest. */
const SUMS_MAX = 500;
const MERGES_PER_SWEEP = 100;

export type MergeWish = { code: string; into: string; reason: string; reference: string | null; by: string };

/** Records that two partners are one. Nothing changes before another person confirms it. */
export const proposeMerge = (db: Database, { code, into, reason, reference, by }: MergeWish): Promise<Correction> =>
  db.transaction(async (tx) => {
    const [merged, survivor] = [await getPartner(tx, code), await getPartner(tx, into)];
    if (merged.code !== code) throw refused('code', `is merged into ${merged.code} already`);
    if (merged.id === survivor.id) throw refused('into', 'is the same partner');
    refuseHeld(merged);
    const merge = { mergedId: merged.id, intoId: survivor.id };
    return recordProposal(tx, { kind: 'merge', reason, reference, merge, proposedBy: by }, []);
  });

function refuseHeld({ code, onHoldReason }: Partner): void {
  if (onHoldReason !== null)
    throw new Failure(
      'correction_overtaken',
      `Partner ${code} is on hold, and the merge would move money that is held back. Nothing was recorded. End the hold first.`,
    );
}

/** Merges two partners: the terms, the facts, the balance, the points, and from now on everything that comes under the old code. */
export async function bookMerge(tx: Database, correction: Correction, by: string): Promise<void> {
  const { merged: code, into } = correction;
  const merge = mergeOf(correction);
  if (code === null || into === null) throw new Error('A merge names two partners.');
  await lockPartners(tx, [merge.mergedId, merge.intoId]);
  const [merged, survivor] = [await getPartner(tx, code), await getPartner(tx, into)];
  if (merged.id !== merge.mergedId || survivor.id !== merge.intoId)
    throw new Failure(
      'correction_overtaken',
      'One of the two partners was merged since this was proposed. Nothing was recorded. Refuse it, and propose it anew.',
    );
  refuseHeld(merged);
  await setMergedInto(tx, merge.mergedId, merge.intoId);
  const terms = await listTermsToTakeOver(tx, merge);
  const reason = `taken over from ${code}`;
  if (terms.length > 0)
    await insertTerms(
      tx,
      terms.map((term) => ({ ...term, partner: into, reason })),
      correction.proposedById,
    );
  await takeOverFacts(tx, merge, { from: code, into, by: correction.proposedById });
  await wakeIneligible(tx, [code, into]);
  await takeOverParents(tx, merge, { from: code, by: correction.proposedById });
  for (const grant of await listGrantsOfPartner(tx, merge.mergedId)) await revokeGrant(tx, grant, by);
  const detail = { into, correction: correction.id };
  await addAuditEntry(tx, { actorId: by, action: 'partner.merge', subject: `partner/${code}`, detail });
  await moveEverything(tx, correction);
}

const mergeOf = ({ mergedId, intoId }: Correction): { mergedId: bigint; intoId: bigint } => {
  if (mergedId === null || intoId === null) throw new Error('A merge names two partners.');
  return { mergedId, intoId };
};

/** Points come first, because their accounts are locked before those of money. */
async function moveEverything(tx: Database, correction: Correction): Promise<void> {
  await movePoints(tx, { correctionId: correction.id, ...mergeOf(correction) });
  await moveBalance(tx, correction);
}

/** Moves what the merged partner is owed and no payout pays. Each sum keeps its program and its day. */
async function moveBalance(tx: Database, correction: Correction): Promise<void> {
  const { mergedId, intoId } = mergeOf(correction);
  const { id, kind, itemCount } = correction;
  const sums = await listFreeSums(tx, mergedId, SUMS_MAX);
  if (sums.length === 0) return;
  const moved = sums.flatMap(({ minor, ...sum }) => [
    { ...sum, partnerId: mergedId, minor: -minor, reason: null },
    { ...sum, partnerId: intoId, minor, reason: null },
  ]);
  await insertCorrectionItems(tx, id, itemCount, moved);
  await insertCorrectedLines(tx, { id, kind }, itemCount);
  const items = await listCorrectionItems(tx, id, itemCount, moved.length);
  await postJournals(tx, correctionPostings({ correctionId: id, kind, items }, new Date()));
}

/**
 * Moves what came to merged partners after the merge: earnings of events that were taken in before, points that came back, and money of payouts
 * that failed or came back. Two people decided that everything follows. Safe to repeat.
 */
export async function followMerges(db: Database): Promise<void> {
  for (const id of await listUnfollowedMerges(db, MERGES_PER_SWEEP))
    await db.transaction(async (tx) => moveEverything(tx, await lockCorrection(tx, id)));
}
