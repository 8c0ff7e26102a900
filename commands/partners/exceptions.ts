import type { Database } from '../../db/database.ts';
import { getAgreement, type Membership } from '../../db/partners/agreements.ts';
import { refused } from '../../domain/errors.ts';
import { termOn } from '../../domain/partners/agreement.ts';
import { changeAgreement } from './agreements.ts';

/** A plan for some local days, after which the agreement goes on as it would have. */
export type PlanException = { plan: string; from: string; until: string; reason: string };

/**
 * Moves a partner to another plan for some days. Every term that was to begin later keeps its day. Throws Failure `not_found` or
 * `invalid_input`.
 */
export async function addException(
  tx: Database,
  member: Membership,
  { plan, from, until, reason }: PlanException,
  { by, nowMs }: { by: string; nowMs: number },
): Promise<void> {
  const { terms } = await getAgreement(tx, member.partner, member.program);
  if (!termOn(terms, from))
    throw refused('startsOn', `is not within the agreement of ${member.partner} in ${member.program}`);
  const after = termOn(terms, until);
  const later = terms.filter((term) => term.from > until);
  const steps = [{ plan, from }, ...(after ? [{ plan: after.plan, from: until }] : []), ...later];
  for (const step of steps)
    await changeAgreement(tx, member, { plan: step.plan, from: step.from, reason }, { nowMs, by });
}
