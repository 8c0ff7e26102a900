import { postJournals } from '../../db/books/ledger.ts';
import type { Database } from '../../db/database.ts';
import {
  type Correction,
  type CorrectionItemRow,
  getCorrection,
  listCorrectionItems,
  lockBalance,
  lockCorrection,
  readCorrectionDecider,
  recordCorrectionVerdict,
} from '../../db/earnings/corrections.ts';
import { insertCorrectedLines } from '../../db/earnings/earnings.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { correctionPostings } from '../../domain/books/postings.ts';
import { totalsOf, whyNotDecideCorrection, whyNotWriteOff } from '../../domain/earnings/correction.ts';
import { Failure } from '../../domain/errors.ts';
import { formatMoney } from '../../domain/money.ts';
import { ITEMS_MAX, readOpenBalance, subjectOf } from './correction-proposals.ts';
import { bookMerge } from './merges.ts';
import { followCorrection } from './questions.ts';

export type CorrectionDecision = {
  id: string;
  actorId: string;
  decision: 'confirm' | 'refuse';
  note: string | null;
  /** Whether its partners are told in another way, such as by the news of a claim. */
  isTold?: boolean;
  /** The signature of the person who decides. Without it, they used a key of the API. */
  signatureId?: string | null;
};

/** Confirms or refuses what another person proposed. A confirmed correction is in the books when this returns. */
export const decideCorrection = (
  db: Database,
  { id, actorId, decision, note, isTold = false, signatureId = null }: CorrectionDecision,
): Promise<Correction> =>
  db.transaction(async (tx) => {
    const correction = await lockCorrection(tx, id);
    const decider = { id: actorId, ...(await readCorrectionDecider(tx, id, actorId)) };
    const refusal = whyNotDecideCorrection(correction, decider, decision);
    if (refusal) throw new Failure(refusal.code, refusal.message);
    const items = await listCorrectionItems(tx, id, 0, ITEMS_MAX);
    if (decision === 'confirm' && correction.kind === 'write_off') await refuseOvertaken(tx, items);
    await recordCorrectionVerdict(tx, id, {
      status: decision === 'confirm' ? 'confirmed' : 'refused',
      by: actorId,
      note,
      signatureId,
    });
    await closeTask(
      tx,
      { kind: 'correction_proposed', subject: subjectOf(id) },
      { actorId, resolution: decision === 'confirm' ? 'confirmed' : 'refused' },
    );
    const detail = { kind: correction.kind, ...signedBy(signatureId) };
    await addAuditEntry(tx, { actorId, action: `correction.${decision}`, subject: subjectOf(id), detail });
    if (decision === 'confirm') {
      if (correction.kind === 'merge') await bookMerge(tx, correction, actorId);
      else await book(tx, correction, items);
      if (!isTold) await tellPartners(tx, correction);
    }
    await followCorrection(tx, id, decision);
    return getCorrection(tx, id);
  });

/** The balance may have moved since the proposal, and a write-off never takes it past zero. */
async function refuseOvertaken(tx: Database, items: readonly CorrectionItemRow[]): Promise<void> {
  for (const item of items) {
    await lockBalance(tx, item.partnerId, item.currency);
    const reason = whyNotWriteOff(await readOpenBalance(tx, item), item.minor);
    if (reason)
      throw new Failure(
        'correction_overtaken',
        `The balance changed since this was proposed: the amount ${reason}. Nothing was recorded. Refuse it, and propose it anew.`,
      );
  }
}

/** Tells each partner once what a correction changed. The reason goes to each partner as it is. */
async function tellPartners(tx: Database, { id, kind, reason, mergedId, intoId }: Correction): Promise<void> {
  const tell = (partnerId: bigint, words: { added: string; taken: string; reason: string }) =>
    addNotification(tx, {
      kind: 'balance_corrected',
      dedupeKey: `balance_corrected/${id}/${partnerId}`,
      audience: 'partner',
      partnerId,
      body: { correction: id, kind, ...words },
    });
  if (kind === 'merge') {
    for (const partnerId of [mergedId, intoId])
      if (partnerId !== null) await tell(partnerId, { added: '', taken: '', reason });
    return;
  }
  const items = await listCorrectionItems(tx, id, 0, ITEMS_MAX);
  for (const [partnerId, theirs] of Map.groupBy(items, (item) => item.partnerId)) {
    const totals = totalsOf(theirs);
    const amounts = (sign: bigint) =>
      totals
        .filter(({ minor }) => minor * sign > 0n)
        .map((total) => formatMoney({ ...total, minor: total.minor * sign }))
        .join(' and ');
    const [added, taken] = [amounts(1n), amounts(-1n)];
    if (added === '' && taken === '') continue;
    await tell(partnerId, {
      added,
      taken,
      reason: [...new Set(theirs.map((item) => item.reason ?? reason))].join('; '),
    });
  }
}

async function book(tx: Database, correction: Correction, items: readonly CorrectionItemRow[]): Promise<void> {
  await insertCorrectedLines(tx, correction, 0);
  await postJournals(tx, correctionPostings({ correctionId: correction.id, kind: correction.kind, items }, new Date()));
}
