import type { Database } from '../../db/database.ts';
import { type DeclaredFactKey, listFactKeysNamed } from '../../db/partners/fact-keys.ts';
import type { NewFact } from '../../db/partners/facts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';

import { getProgram, listFactGrants, lockProgram, updateFactGrants } from '../../db/programs/programs.ts';
import { Failure, type FailureDetail } from '../../domain/errors.ts';
import type { Event } from '../../domain/event.ts';
import { whyNotFact } from '../../domain/partners/fact.ts';
import { daysOfGrant, type FactGrant } from '../../domain/programs/fact-grants.ts';
import { recordFacts } from '../partners/facts.ts';

/**
 * Says which facts the events of a program grant from now on. Facts that were granted before stay. Throws Failure `not_found`, or
 * `invalid_input` where a fact does not fit its key.
 */
export const changeFactGrants = (
  db: Database,
  code: string,
  grants: readonly FactGrant[],
  by: string,
): Promise<readonly FactGrant[]> =>
  db.transaction(async (tx) => {
    const { id } = await getProgram(tx, code);
    await lockProgram(tx, id);
    const keys = await listFactKeysNamed(
      tx,
      grants.map(({ key }) => key),
    );
    const declared = new Map(keys.map((key) => [key.key, key]));
    const details = grants.flatMap(({ key, value }, index): FailureDetail[] => {
      const wrong = whyNotGrant({ key, value }, declared.get(key));
      return wrong ? [{ field: `grants[${index}].${wrong.field}`, reason: wrong.reason }] : [];
    });
    if (details.length > 0)
      throw new Failure(
        'invalid_input',
        'A fact does not fit its key. Nothing was changed. Declare its key and values, or correct the named fields.',
        { details },
      );
    await updateFactGrants(tx, id, [...grants]);
    const detail = { grants: JSON.stringify(grants) };
    await addAuditEntry(tx, { actorId: by, action: 'program.fact_grants', subject: `program/${code}`, detail });
    return grants;
  });

/** Events come in any order, so they grant only facts that do not supersede each other. */
const whyNotGrant = (fact: Pick<FactGrant, 'key' | 'value'>, declared: DeclaredFactKey | undefined) =>
  whyNotFact({ ...fact, holds: true }, declared) ??
  (declared?.many ? undefined : { field: 'key', reason: `${fact.key} has one value at a time, so no event grants it` });

/** An event that was taken in for the first time, with the zone of its program's schedule. */
export type GrantingEvent = { readonly event: Event; readonly zone: string };

/** Records the facts that new events say about their partners. Sales of a program without grants cost one short question. */
export async function grantFacts(db: Database, events: readonly GrantingEvent[]): Promise<void> {
  if (events.length === 0) return;
  const programs = [...new Set(events.map(({ event }) => event.program))];
  const grants = new Map((await listFactGrants(db, programs)).map((one) => [one.program, one.grants]));
  const facts = events.flatMap(({ event, zone }) =>
    (grants.get(event.program) ?? [])
      .filter(({ kind }) => kind === event.kind)
      .map((grant): NewFact => ({
        partner: event.partner,
        key: grant.key,
        value: grant.value,
        holds: true,
        ...daysOfGrant(grant, event.occurredAtMs, zone),
        reference: `event/${event.source}/${event.id}`,
        reason: null,
      })),
  );
  if (facts.length > 0) await recordFacts(db, facts, { source: 'event', by: null });
}
