import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cancelRedemption, redeemPoints } from '../../../commands/earnings/redemptions.ts';
import { expirePoints } from '../../../commands/earnings/points-expiry.ts';
import { listPointsBalances } from '../../../db/earnings/points-balances.ts';
import { Failure } from '../../../domain/errors.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addPoints, balanceOf, changeTerms, lotsOf } from '../../fixtures/points.ts';
import { addCompany, addEvent, addPartner } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const DAY_MS = 86_400_000;

const step = fc.oneof(
  fc.record({
    does: fc.constant('earn' as const),
    points: fc.integer({ min: 1, max: 60 }),
    daysAgo: fc.integer({ min: 0, max: 40 }),
  }),
  fc.record({ does: fc.constant('refund' as const), which: fc.nat(9), percent: fc.constantFrom(30, 100) }),
  fc.record({ does: fc.constant('redeem' as const), points: fc.integer({ min: 1, max: 80 }) }),
  fc.record({ does: fc.constant('cancel' as const), which: fc.nat(9) }),
  fc.record({ does: fc.constant('expire' as const), inDays: fc.constantFrom(0, 20, 31, 40) }),
);

/** The lots whose points could be used, the oldest first. A use takes from them in this order. */
const usable = (lots: Awaited<ReturnType<typeof lotsOf>>, today: string) =>
  lots.filter(({ availableOn, expiresOn, left }) => left > 0n && availableOn <= today && today < expiresOn);

describe('given any order of earnings, refunds, uses, cancellations and expiry', () => {
  it('then lots and ledger agree, nothing is below zero, the oldest go first, and the books hold', async () => {
    const company = await addCompany(fixture.app);
    const unit = await addPoints(fixture.app, company, { expiryMonths: 1 });
    const pay = { rule: 'rate', earn: '1', per: '1.00' };
    await changeTerms(fixture.app, company, {
      holdDays: 3,
      rounding: 'half-even',
      incentives: [{ id: 'care', unit, currency: 'USD', pay }],
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const partner = await addPartner(fixture.app, company);
        const sales: { id: string; cents: bigint }[] = [];
        const redemptions: string[] = [];
        const send = async (wish: Parameters<typeof addEvent>[3]) => {
          const id = await addEvent(fixture.app, company, partner, wish);
          await accrueAll(fixture.app, company.code);
          return id;
        };
        for (const one of steps) {
          if (one.does === 'earn') {
            const cents = BigInt(one.points) * 100n;
            const occurredAt = new Date(Date.now() - one.daysAgo * DAY_MS).toISOString();
            sales.push({ id: await send({ minor: cents, occurredAt }), cents });
          }
          const sale = one.does === 'refund' ? sales[one.which] : undefined;
          if (one.does === 'refund' && sale && sale.cents > 0n) {
            const minor = (sale.cents * BigInt(one.percent)) / 100n;
            await send({ refundOf: sale.id, minor, occurredAt: new Date().toISOString() });
            sale.cents -= minor;
          }
          if (one.does === 'redeem') await redeemInOrder(partner.id, BigInt(one.points), redemptions);
          const redemption = one.does === 'cancel' ? redemptions[one.which] : undefined;
          if (redemption) await cancelRedemption(fixture.app, redemption, 'a test', company.approver).catch(refusal);
          if (one.does === 'expire') await expirePoints(fixture.app, new Date(Date.now() + one.inDays * DAY_MS));
          const left = (await lotsOf(fixture.app, partner.id)).reduce((sum, lot) => sum + lot.left, 0n);
          const balance = await balanceOf(fixture.app, partner.id);
          expect(left).toBe(balance > 0n ? balance : 0n);
        }
      }),
      { numRuns: 25 },
    );

    async function redeemInOrder(partnerId: bigint, minor: bigint, done: string[]): Promise<void> {
      const today = new Date().toISOString().slice(0, 10);
      const before = usable(await lotsOf(fixture.app, partnerId), today);
      const [known] = await listPointsBalances(fixture.app, partnerId);
      const wish = { partnerId, unit, minor, purpose: 'a test', reference: null, by: company.approver };
      const redeemed = await redeemPoints(fixture.app, wish).catch(refusal);
      expect(redeemed !== undefined).toBe((known?.availableMinor ?? 0n) >= minor);
      if (!redeemed) return;
      done.push(redeemed.id);
      const after = usable(await lotsOf(fixture.app, partnerId), today);
      const survivors = new Set(after.map(({ earnedOn }) => earnedOn));
      const gone = before.filter(({ earnedOn }) => !survivors.has(earnedOn)).map(({ earnedOn }) => earnedOn);
      expect(gone.every((day) => after.every(({ earnedOn }) => day <= earnedOn))).toBe(true);
    }
    expect((await checkInvariants(fixture.app)).filter(({ culprits }) => culprits.length > 0)).toEqual([]);
  });
});

/** The only refusal is one that a partner may meet. */
function refusal(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error;
  return undefined;
}
