import type { Database } from '../../db/database.ts';
import { markTold, type NewMovement } from '../../db/earnings/lots.ts';
import { listExpiring, listUntold } from '../../db/earnings/points-balances.ts';
import { readUnits } from '../../db/programs/units.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { addDays } from '../../domain/calendar.ts';
import { expire } from '../../domain/earnings/lots.ts';
import { NOTICE_DAYS } from '../../domain/earnings/points.ts';
import { formatMoney, money } from '../../domain/money.ts';
import type { PointsCode } from '../../domain/unit.ts';
import { holderKey, lockWallets, postMovements } from './points.ts';

const HOLDERS_AT_ONCE = 200;

/** One notice tells of a week of lots, so that a partner who earns every day is not told every day. */
const TOLD_TOGETHER_DAYS = 6;

/**
 * Lets the points expire whose day has come in the zone of their program, each with a journal, and tells their partners. Returns how many
 * partners it looked at. Safe to repeat, also at the same moment: a lot that is empty does not expire again.
 */
export const expirePoints = (db: Database, now = new Date()): Promise<number> =>
  db.transaction(async (tx) => {
    const holders = await listExpiring(tx, now, HOLDERS_AT_ONCE);
    if (holders.length === 0) return 0;
    const wallets = await lockWallets(tx, holders);
    const movements = holders.flatMap(({ partnerId, unit, today }): NewMovement[] => {
      const wallet = wallets.get(holderKey({ partnerId, unit }));
      const entries = wallet ? expire(wallet, today) : [];
      const minor = entries.reduce((sum, entry) => sum + entry.minor, 0n);
      return minor < 0n ? [{ partnerId, unit, kind: 'expired', minor, entries, movedOn: today }] : [];
    });
    await postMovements(tx, movements, now);
    const names = await namesOf(tx, movements);
    for (const { partnerId, unit, minor, movedOn: day } of movements)
      await addNotification(tx, {
        kind: 'points_expired',
        dedupeKey: `points_expired/${unit}/${partnerId}/${day}`,
        audience: 'partner',
        partnerId,
        body: { unit, name: names.get(unit) ?? unit, amount: formatMoney(money(-minor, unit)), day },
      });
    return holders.length;
  });

/** Tells partners of points that expire within the days of the notice, once for each lot. Returns how many partners it told. */
export const tellOfExpiringPoints = (db: Database, now = new Date()): Promise<number> =>
  db.transaction(async (tx) => {
    const holders = await listUntold(tx, now, NOTICE_DAYS, HOLDERS_AT_ONCE);
    if (holders.length === 0) return 0;
    const today = new Map(holders.map((holder) => [holderKey(holder), holder.today]));
    const until = (day: string) => addDays(day, NOTICE_DAYS + TOLD_TOGETHER_DAYS);
    const told = await markTold(
      tx,
      holders.map((holder) => ({ ...holder, until: until(holder.today) })),
    );
    const names = await namesOf(tx, holders);
    for (const [key, lots] of Map.groupBy(told, holderKey)) {
      const [lot] = lots;
      if (!lot) continue;
      const { partnerId, unit } = lot;
      const days = lots.map(({ expiresOn }) => expiresOn).toSorted();
      const minor = lots.reduce((sum, one) => sum + one.minor, 0n);
      await addNotification(tx, {
        kind: 'points_expiring',
        dedupeKey: `points_expiring/${unit}/${partnerId}/${today.get(key)}`,
        audience: 'partner',
        partnerId,
        body: {
          unit,
          name: names.get(unit) ?? unit,
          amount: formatMoney(money(minor, unit)),
          first: days[0] ?? '',
          last: days.at(-1) ?? '',
        },
      });
    }
    return holders.length;
  });

async function namesOf(tx: Database, all: readonly { readonly unit: PointsCode }[]): Promise<Map<PointsCode, string>> {
  const units = await readUnits(tx, [...new Set(all.map(({ unit }) => unit))]);
  return new Map(units.map(({ code, name }) => [code, name]));
}
