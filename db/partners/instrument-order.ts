import { sql } from 'slonik';
import { z } from 'zod';

import { Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

const UsableRow = z.strictObject({ usableFrom: Instant });

/** Gives instruments their places, in order, from the end of a cooling-off time on. Returns that time. */
export async function insertPlaces(
  db: Database,
  ids: readonly string[],
  { coolingOffDays, by }: { coolingOffDays: number; by: string },
): Promise<Date> {
  const { usableFrom } = await db.one(
    sql.type(UsableRow)`select now() + make_interval(days => ${coolingOffDays}) as "usableFrom"`,
  );
  await db.query(sql.unsafe`
    insert into instrument_place(instrument_id, place, usable_from, placed_by)
    select id, place, ${usableFrom.toISOString()}, ${by}
    from unnest(${sql.array(ids, 'uuid')}) with ordinality as given(id, place)`);
  return usableFrom;
}

/** Withdraws an instrument. Returns false if it was withdrawn before. */
export const insertWithdrawal = (
  db: Database,
  instrumentId: string,
  { by, reason }: { by: string; reason: string },
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into instrument_withdrawal(instrument_id, reason, withdrawn_by) values (${instrumentId}, ${reason}, ${by})
    on conflict (instrument_id) do nothing`,
  );
