import type { Database } from '../../db/database.ts';
import { listExclusiveStays, listRivals, lockExclusivePrograms, type Stay } from '../../db/programs/rivals.ts';
import { Failure } from '../../domain/errors.ts';

/**
 * Throws Failure `invalid_input` where a partner would hold a value that belongs to another partner of the program on the same days. The
 * facts and terms of this transaction count. The caller has locked the partners.
 */
export async function refuseRivals(
  tx: Database,
  stays: readonly Stay[],
  keys: readonly string[] | null = null,
): Promise<void> {
  const programs = [...new Set(stays.map(({ program }) => program))];
  if (programs.length === 0 || (await lockExclusivePrograms(tx, programs)).length === 0) return;
  const details = (await listRivals(tx, stays, keys)).map(({ partner, program, key, value, rival, from }) => ({
    field: 'program',
    reason: `${key} ${value} belongs to ${rival} in ${program} from ${from} on, so ${partner} cannot have it too`,
  }));
  if (details.length > 0)
    throw new Failure(
      'invalid_input',
      'A value belongs to one partner of the program at a time. Nothing was changed. Choose other days or another value.',
      { details },
    );
}

/** Refuses facts that were just written and give partners a value that belongs to another one. */
export async function refuseRivalFacts(
  tx: Database,
  facts: readonly { partner: string; key: string; holds: boolean }[],
): Promise<void> {
  const held = facts.filter(({ holds }) => holds);
  if (held.length === 0) return;
  const [partners, keys] = [held.map(({ partner }) => partner), held.map(({ key }) => key)];
  await refuseRivals(tx, await listExclusiveStays(tx, partners, keys), keys);
}
