import type { Database } from '../../db/database.ts';
import {
  getRecordedParent,
  insertParents,
  listCircles,
  listParentsToTakeOver,
  listPartnersBelow,
  lockHierarchy,
  type NewParent,
  type RecordedParent,
} from '../../db/partners/parents.ts';
import { getPartner, lockPartnersByCode } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { countEventsOfPartner } from './worked-out.ts';

/** A parent, and the number of events of its days, of the partner and those below, whose earnings were worked out and stay. */
export type NewlyRecordedParent = RecordedParent & { readonly eventsWorkedOut: number };

/**
 * Records who is above a partner on some days, or that nobody is. Throws Failure `not_found`, or `invalid_input` where a partner would be
 * above themselves on some day.
 */
export const recordParent = (db: Database, wish: NewParent, by: string): Promise<NewlyRecordedParent> =>
  db.transaction(async (tx) => {
    await lockPartnersByCode(tx, [wish.partner, ...(wish.parent === null ? [] : [wish.parent])]);
    await lockHierarchy(tx);
    const { id, code } = await getPartner(tx, wish.partner);
    const parent = wish.parent === null ? null : (await getPartner(tx, wish.parent)).code;
    if (parent === code) throw refused('parent', 'is the partner themselves');
    const [recorded] = await insertParents(tx, [{ ...wish, partner: code, parent }], by);
    if (recorded === undefined) throw new Error('The database returned no record.');
    const [circle] = await listCircles(tx, [code]);
    if (circle) throw refused('parent', `is below ${code} on ${circle.day}, so ${code} would be above themselves`);
    const { from, until, reason } = wish;
    const detail = { parent, from, until, reason };
    await addAuditEntry(tx, { actorId: by, action: 'parent.record', subject: `partner/${code}`, detail });
    let eventsWorkedOut = 0;
    for (const below of await listPartnersBelow(tx, id, wish))
      eventsWorkedOut += await countEventsOfPartner(tx, below, [wish]);
    return { ...(await getRecordedParent(tx, recorded)), eventsWorkedOut };
  });

/** Puts the partner who goes on into the place of a merged one. Throws Failure `correction_overtaken` where somebody would be above themselves. */
export async function takeOverParents(
  tx: Database,
  merge: { mergedId: bigint; intoId: bigint },
  { from: code, by }: { from: string; by: string | null },
): Promise<void> {
  await lockHierarchy(tx);
  const parents = await listParentsToTakeOver(tx, merge);
  if (parents.length === 0) return;
  const reason = `taken over from ${code}`;
  await insertParents(
    tx,
    parents.map((parent) => ({ ...parent, reason })),
    by,
  );
  const [circle] = await listCircles(
    tx,
    parents.map(({ partner }) => partner),
  );
  if (circle)
    throw new Failure(
      'correction_overtaken',
      `After the merge, ${circle.partner} would be above themselves on ${circle.day}. Nothing was recorded. Correct the parents first.`,
    );
}
