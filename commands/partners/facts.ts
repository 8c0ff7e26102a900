import type { Database } from '../../db/database.ts';
import { type DeclaredFactKey, listFactKeysNamed, type NewFactKey, putFactKey } from '../../db/partners/fact-keys.ts';
import {
  type FactOrigin,
  getRecordedFact,
  insertFacts,
  listFactsToTakeOver,
  type NewFact,
  type RecordedFact,
} from '../../db/partners/facts.ts';
import { wakeIneligible } from '../../db/earnings/events.ts';
import { lockPartnersByCode } from '../../db/partners/partners.ts';
import { addAuditEntries, addAuditEntry } from '../../db/people/audit.ts';
import { Failure, type FailureDetail } from '../../domain/errors.ts';
import { whyNotFact } from '../../domain/partners/fact.ts';
import { refuseRivalFacts } from './exclusive.ts';
import { countEventsOfPartner } from './worked-out.ts';

/**
 * Records facts about partners, all or none. A fact supersedes the earlier ones about its days. The partners and keys exist. Throws
 * Failure `invalid_input`, which names the field of each fact of a person that does not fit its key. The facts of events and ladders were
 * checked when their program was changed.
 */
export const recordFacts = (db: Database, facts: readonly NewFact[], origin: FactOrigin): Promise<readonly bigint[]> =>
  db.transaction(async (tx) => {
    await lockPartnersByCode(
      tx,
      facts.map(({ partner }) => partner),
    );
    if (origin.by !== null) await refuseWrong(tx, facts);
    const ids = await insertFacts(tx, facts, origin);
    await wakeIneligible(
      tx,
      facts.map(({ partner }) => partner),
    );
    if (origin.by !== null) await refuseRivalFacts(tx, facts);
    await addAuditEntries(
      tx,
      facts.map(({ partner, ...fact }) => ({
        actorId: origin.by,
        action: 'fact.record',
        subject: `partner/${partner}`,
        detail: { ...fact, source: origin.source },
      })),
    );
    return ids;
  });

/** A fact, and the number of events of its days whose earnings were worked out before and stay as they are. */
export type NewlyRecordedFact = RecordedFact & { eventsWorkedOut: number };

/** Records one fact that a person says. */
export const recordFact = (db: Database, fact: NewFact, by: string): Promise<NewlyRecordedFact> =>
  db.transaction(async (tx) => {
    const [id] = await recordFacts(tx, [fact], { source: 'person', by });
    if (id === undefined) throw new Error('The database returned no fact.');
    const eventsWorkedOut = await countEventsOfPartner(tx, fact.partner, [fact]);
    return { ...(await getRecordedFact(tx, id)), eventsWorkedOut };
  });

/** Records about one partner what held about another one who was merged into them, where nothing else holds. */
export async function takeOverFacts(
  tx: Database,
  merge: { mergedId: bigint; intoId: bigint },
  { from, into, by }: { from: string; into: string; by: string | null },
): Promise<void> {
  const facts = (await listFactsToTakeOver(tx, merge)).map((fact) => ({
    ...fact,
    partner: into,
    holds: true,
    reference: `partner/${from}`,
    reason: `taken over from ${from}`,
  }));
  if (facts.length > 0) await insertFacts(tx, facts, { source: 'person', by });
}

async function refuseWrong(db: Database, facts: readonly NewFact[]): Promise<void> {
  const keys = await listFactKeysNamed(
    db,
    facts.map(({ key }) => key),
  );
  const declared = new Map(keys.map((key) => [key.key, key]));
  const details = facts.flatMap((fact): FailureDetail[] => {
    const wrong = whyNotFact(fact, declared.get(fact.key));
    return wrong ? [wrong] : [];
  });
  if (details.length > 0)
    throw new Failure('invalid_input', 'A fact does not fit its key. Nothing was recorded. Correct the named fields.', {
      details,
    });
}

/** Declares a key of facts, or changes its description and allowed values. Facts that were recorded stay. Throws Failure `already_exists`. */
export const declareFactKey = (db: Database, wish: NewFactKey, by: string): Promise<DeclaredFactKey> =>
  db.transaction(async (tx) => {
    const declared = await putFactKey(tx, wish);
    if (!declared)
      throw new Failure(
        'already_exists',
        `The key ${wish.key} exists already, with ${wish.many ? 'one value at a time' : 'many values at a time'}. Nothing was changed. Declare another key.`,
        { details: [{ field: 'many', reason: 'never changes' }] },
      );
    const detail = { many: wish.many, allowedValues: wish.allowedValues.join(' ') };
    await addAuditEntry(tx, { actorId: by, action: 'fact_key.declare', subject: `fact_key/${wish.key}`, detail });
    return declared;
  });
