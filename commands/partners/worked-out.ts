import type { Database } from '../../db/database.ts';
import { countWorkedOut } from '../../db/earnings/worked-out.ts';
import { listAgreements, type Membership } from '../../db/partners/agreements.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { getSchedule } from '../../db/payers/schedules.ts';
import { getProgram } from '../../db/programs/programs.ts';
import { instantsOfDays } from '../../domain/calendar.ts';
import type { Days } from '../../domain/partners/agreement.ts';

export async function zoneOf(db: Database, program: string): Promise<string> {
  const { schedule } = await getProgram(db, program);
  return (await getSchedule(db, schedule)).zone;
}

/** Counts the events of a partner in a program on some days whose earnings were worked out. */
export async function countEventsOf(tx: Database, member: Membership, days: readonly Days[]): Promise<number> {
  if (days.length === 0) return 0;
  const zone = await zoneOf(tx, member.program);
  const instants = days.map((one) => instantsOfDays(one, zone));
  return countWorkedOut(tx, member, instants);
}

const PROGRAMS_MAX = 1_000;

/** Counts the events of a partner in all their programs on some days whose earnings were worked out. */
export async function countEventsOfPartner(tx: Database, partner: string, days: readonly Days[]): Promise<number> {
  const { id } = await getPartner(tx, partner);
  let count = 0;
  for (const { program } of await listAgreements(tx, id, null, PROGRAMS_MAX))
    count += await countEventsOf(tx, { partner, program }, days);
  return count;
}
