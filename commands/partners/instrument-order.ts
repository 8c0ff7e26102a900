import { insertPlaces, insertWithdrawal } from '../../db/partners/instrument-order.ts';
import { getInstrument, type Instrument, listInstrumentsInOrder } from '../../db/partners/instruments.ts';
import { lockPartners, type Partner } from '../../db/partners/partners.ts';
import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { refused } from '../../domain/errors.ts';

/**
 * Gives the instruments of a partner another order, which counts after the cooling-off time, because it redirects money. Returns the
 * time from which it counts. Throws Failure `invalid_input` unless it names each instrument that was not withdrawn exactly once.
 */
export const orderInstruments = (
  db: Database,
  partner: Pick<Partner, 'id' | 'code'>,
  ids: readonly string[],
  { coolingOffDays, by }: { coolingOffDays: number; by: string },
): Promise<Date> =>
  db.transaction(async (tx) => {
    await lockPartners(tx, [partner.id]);
    const known = (await listInstrumentsInOrder(tx, partner.id)).map(({ id }) => id);
    if (ids.length !== known.length || !known.every((id) => ids.includes(id)))
      throw refused('instruments', `must name each of the partner's ${known.length} instruments in use exactly once`);
    const usableFrom = await insertPlaces(tx, ids, { coolingOffDays, by });
    const detail = { order: ids.join(' '), usableFrom: usableFrom.toISOString() };
    await addAuditEntry(tx, { actorId: by, action: 'instrument.order', subject: `partner/${partner.code}`, detail });
    return usableFrom;
  });

/** Withdraws an instrument of a partner at once and for ever: nothing is paid to it any longer. Throws Failure `not_found`. */
export const withdrawInstrument = (
  db: Database,
  partner: Pick<Partner, 'id'>,
  { id, reason, by }: { id: string; reason: string; by: string },
): Promise<Instrument> =>
  db.transaction(async (tx) => {
    await lockPartners(tx, [partner.id]);
    await getInstrument(tx, partner.id, id);
    if (await insertWithdrawal(tx, id, { by, reason }))
      await addAuditEntry(tx, {
        actorId: by,
        action: 'instrument.withdraw',
        subject: `instrument/${id}`,
        detail: { reason },
      });
    return getInstrument(tx, partner.id, id);
  });
