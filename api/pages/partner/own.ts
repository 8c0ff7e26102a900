import { getPartner } from '../../../db/partners/partners.ts';
import type { Database } from '../../../db/database.ts';
import { Failure } from '../../../domain/errors.ts';
import { isUuid } from '../../../domain/ids.ts';
import type { PageContext } from '../guard.ts';
import type { Own } from '../layout.ts';

/** Reads the thing in the address. One of another partner is not there; one of a partner who was merged into this one is. */
export async function getOwn<Thing extends { partner: string }>(
  db: Database,
  own: Own,
  c: PageContext,
  what: string,
  get: (db: Database, id: string) => Promise<Thing>,
): Promise<Thing> {
  const id = c.req.param('id') ?? '';
  const gone = new Failure('not_found', `There is no ${what} ${id}.`);
  if (!isUuid(id)) throw gone;
  const thing = await get(db, id);
  if (thing.partner !== own.code && (await getPartner(db, thing.partner)).id !== own.id) throw gone;
  return thing;
}
