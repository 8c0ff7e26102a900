import { sql } from 'slonik';
import { z } from 'zod';

import { localDate, startOfDay } from '../../domain/calendar.ts';
import { covers } from '../../domain/partners/agreement.ts';
import { type Ladder, listLadders } from '../programs/ladders.ts';
import { type LadderStanding, ladderStanding, windowOf, type LadderWindow } from '../../domain/programs/ladder.ts';
import { LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';
import { listPartnerFacts } from '../partners/facts.ts';
import { listPlaces } from './ladder-places.ts';
import { readLadderVolumes } from './ladder-volumes.ts';

export type PartnerLadder = {
  readonly ladder: Ladder;
  readonly window: LadderWindow;
  /** The value that holds today; null if none does. */
  readonly now: string | null;
  /** The value that a person has recorded for the first day of the next rung, and that stays; null if none is. */
  readonly agreed: string | null;
  readonly standing: LadderStanding;
};

const MemberRow = z.strictObject({ from: LocalDate, until: LocalDate.nullable() });

/** Says where a partner stands now on each ladder of the programs that the partner is in. */
export async function listLadderStandings(db: Database, partnerId: bigint, nowMs: number): Promise<PartnerLadder[]> {
  const found: PartnerLadder[] = [];
  for (const ladder of await listLadders(db)) {
    const { fact, programId, zone } = ladder;
    const today = localDate(nowMs, zone);
    const window = windowOf(ladder.versions, today);
    const stays = await db.any(sql.type(MemberRow)`
      select starts_on as "from", ends_on as until from agreement_terms(${partnerId}, ${programId})`);
    if (!window || !stays.some((days) => covers(days, today))) continue;
    const { terms, start, from } = window;
    const days = { from: new Date(startOfDay(start, zone)), until: new Date(startOfDay(from, zone)) };
    const volumes = await readLadderVolumes(db, { programId, terms, ...days }, [partnerId]);
    const before = (await listPlaces(db, [fact], [partnerId])).findLast((place) => place.from <= today)?.value ?? null;
    const facts = (await listPartnerFacts(db, [partnerId])).filter(({ key }) => key === fact);
    found.push({
      ladder,
      window,
      now: facts.find((one) => covers(one, today))?.value ?? null,
      agreed: await findAgreedValue(db, partnerId, fact, from),
      standing: ladderStanding(terms, volumes.get(partnerId) ?? 0n, before),
    });
  }
  return found;
}

/** The value that a person has recorded about a day, if it is the latest record about that day; otherwise null. */
export const findAgreedValue = (db: Database, partnerId: bigint, fact: string, day: string): Promise<string | null> =>
  db.maybeOneFirst(sql.type(z.object({ value: z.string().nullable() }))`
    select case when source in ('person', 'csv') then value end as value from partner_fact
    where partner_id = ${partnerId} and key = ${fact} and starts_on <= ${day} and (ends_on is null or ends_on > ${day})
    order by id desc limit 1`);
