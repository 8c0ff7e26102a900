import type { Database } from '../../db/database.ts';
import { listAgreementsOf } from '../../db/partners/agreements.ts';
import { refused } from '../../domain/errors.ts';
import { termOn } from '../../domain/partners/agreement.ts';

/** Refuses a partner who is not in the program on a local day. */
export async function refuseStrangers(tx: Database, partner: string, program: string, day: string): Promise<void> {
  const [agreement] = await listAgreementsOf(tx, [{ partner, program }]);
  if (!termOn(agreement?.terms ?? [], day))
    throw refused('program', `${program} has no agreement with ${partner} on ${day}`);
}
