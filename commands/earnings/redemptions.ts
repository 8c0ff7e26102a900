import type { Database } from '../../db/database.ts';
import { listRedeemedEntries } from '../../db/earnings/lots.ts';
import {
  getRedemption,
  insertRedemption,
  type NewRedemption,
  recordCancellation,
  type Redemption,
} from '../../db/earnings/redemptions.ts';
import { lockHold } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { getUnit } from '../../db/programs/units.ts';
import { localDate } from '../../domain/calendar.ts';
import { giveBack, usableOn, use, type Wallet } from '../../domain/earnings/lots.ts';
import { Failure } from '../../domain/errors.ts';
import { formatMoney, money } from '../../domain/money.ts';
import type { PointsCode } from '../../domain/unit.ts';
import { lockWallet, postMovements } from './points.ts';

const subjectOf = (id: string): string => `redemption/${id}`;

/** Refuses to use points of a partner who is on hold: we could not take back what the partner gets for them. */
export async function refuseOnHold(tx: Database, partnerId: bigint): Promise<void> {
  const { code, reason } = await lockHold(tx, partnerId);
  if (reason !== null)
    throw new Failure(
      'partner_on_hold',
      `Partner ${code} is on hold: ${reason}. Nothing was done. Use the points when the hold has ended.`,
    );
}

/** Refuses to use more points than are available on a local date. */
export function refuseMissing(wallet: Wallet, unit: PointsCode, minor: bigint, today: string): void {
  const usable = usableOn(wallet, today);
  if (minor <= usable) return;
  const debt = wallet.debt > 0n ? `, and ${formatMoney(money(wallet.debt, unit))} are owed after refunds` : '';
  throw new Failure(
    'points_not_available',
    `Only ${formatMoney(money(usable, unit))} of ${unit} can be used now${debt}. Nothing was done. Ask for fewer points, or wait until held points are free.`,
  );
}

/**
 * Uses points of a partner for something. The oldest points that are available go first. Throws Failure `partner_on_hold`, or
 * `points_not_available` where there are too few of them, also when somebody else uses them at the same moment.
 */
export const redeemPoints = (db: Database, wish: NewRedemption): Promise<Redemption> =>
  db.transaction(async (tx) => {
    const { partnerId, unit, minor, by } = wish;
    await refuseOnHold(tx, partnerId);
    const { zone } = await getUnit(tx, unit);
    const now = new Date();
    const today = localDate(now.getTime(), zone);
    const wallet = await lockWallet(tx, { partnerId, unit });
    refuseMissing(wallet, unit, minor, today);
    const redemptionId = await insertRedemption(tx, wish);
    const entries = use(wallet, minor, today);
    const about = { partnerId, unit, redemptionId, movedOn: today };
    await postMovements(tx, [{ ...about, kind: 'redeemed', minor: -minor, entries }], now);
    await addAuditEntry(tx, { actorId: by, action: 'points.redeem', subject: subjectOf(redemptionId) });
    return getRedemption(tx, redemptionId);
  });

/**
 * Cancels a redemption while its unit allows it. The points go back to their lots and keep their day of expiry, so those whose day has
 * passed expire at once. Throws Failure `redemption_not_cancellable`.
 */
export const cancelRedemption = (db: Database, id: string, reason: string, by: string): Promise<Redemption> =>
  db.transaction(async (tx) => {
    const { partnerId, unit, minor, cancelUntil } = await getRedemption(tx, id);
    const { zone } = await getUnit(tx, unit);
    const now = new Date();
    const today = localDate(now.getTime(), zone);
    if (cancelUntil < now)
      throw new Failure(
        'redemption_not_cancellable',
        `The redemption could be cancelled until ${cancelUntil.toISOString()}. Nothing was changed. The points stay used.`,
      );
    const wallet = await lockWallet(tx, { partnerId, unit });
    const { entries, expired } = giveBack(wallet, await listRedeemedEntries(tx, id), today);
    const expiredMinor = expired.reduce((sum, entry) => sum - entry.minor, 0n);
    if (!(await recordCancellation(tx, id, { by, reason, expiredMinor })))
      throw new Failure('redemption_not_cancellable', 'The redemption is cancelled already. Nothing was changed.');
    const about = { partnerId, unit, movedOn: today };
    await postMovements(
      tx,
      [
        { ...about, redemptionId: id, kind: 'returned', minor, entries },
        ...(expiredMinor > 0n ? [{ ...about, kind: 'expired' as const, minor: -expiredMinor, entries: expired }] : []),
      ],
      now,
    );
    await addAuditEntry(tx, { actorId: by, action: 'points.cancel_redemption', subject: subjectOf(id) });
    return getRedemption(tx, id);
  });
