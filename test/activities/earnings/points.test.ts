import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addPoints, balanceOf, changeTerms, lotsOf, movementsOf, type UnitWish } from '../../fixtures/points.ts';
import { addCompany, addEvent, addPartner, type EventWish } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** Two points for each dollar, and 5 % in money. */
async function openShop({ holdDays = 0, zone = 'UTC', ...wish }: UnitWish & { holdDays?: number; zone?: string } = {}) {
  const company = await addCompany(fixture.app, { zone });
  const unit = await addPoints(fixture.app, company, wish);
  const incentives = [
    { id: 'care', unit, currency: 'USD', pay: { rule: 'rate', earn: '2', per: '1.00' } },
    { id: 'commission', unit: 'USD', pay: { rule: 'percent', percent: '5' } },
  ];
  await changeTerms(fixture.app, company, { holdDays, rounding: 'half-even', incentives });
  const partner = await addPartner(fixture.app, company);
  return {
    company,
    partner,
    unit,
    send: async (event: EventWish = {}) => {
      const id = await addEvent(fixture.app, company, partner, event);
      await accrueAll(fixture.app, company.code);
      return id;
    },
  };
}

const Line = z.object({ currency: z.string(), minor: z.bigint() });

describe('given a plan that pays points and money for the same sale', () => {
  it('when a sale is worked out then the points are a lot, and only the money is a line', async () => {
    const { partner, send } = await openShop({ holdDays: 10, expiryMonths: 12 });
    await send({ minor: 10_050n, occurredAt: '2026-11-20T12:00:00Z' });
    expect(await lotsOf(fixture.app, partner.id)).toEqual([
      { earnedOn: '2026-11-20', availableOn: '2026-11-30', expiresOn: '2027-11-20', left: 201n },
    ]);
    const lines = await fixture.app.any(sql.type(Line)`
      select currency, amount_minor as minor from earning_line where partner_id = ${partner.id}`);
    expect(lines).toEqual([{ currency: 'USD', minor: 502n }]);
    expect(await balanceOf(fixture.app, partner.id)).toBe(201n);
  });

  it('when a sale in another currency arrives then it earns no points', async () => {
    const { partner, send } = await openShop();
    await send({ currency: 'EUR' });
    expect(await lotsOf(fixture.app, partner.id)).toEqual([]);
  });

  it('when an event comes so late that its points would be gone then they live for the notice of 30 days', async () => {
    const { partner, send } = await openShop({ expiryMonths: 1 });
    await send({ occurredAt: '2025-01-10T12:00:00Z' });
    const [lot] = await lotsOf(fixture.app, partner.id);
    const in30Days = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    expect(lot).toMatchObject({ earnedOn: '2025-01-10', expiresOn: in30Days });
  });

  it('when a sale is refunded then its own lot loses the points, not an older one', async () => {
    const { partner, send } = await openShop();
    await send({ occurredAt: '2026-01-01T12:00:00Z' });
    const sale = await send({ occurredAt: '2026-01-05T12:00:00Z' });
    await send({ refundOf: sale, minor: 4_000n, occurredAt: '2026-02-01T12:00:00Z' });
    expect((await lotsOf(fixture.app, partner.id)).map(({ left }) => left)).toEqual([200n, 120n]);
    expect(await movementsOf(fixture.app, partner.id)).toEqual([
      { kind: 'earned', minor: 200n },
      { kind: 'earned', minor: 200n },
      { kind: 'reversed', minor: -80n },
    ]);
    expect(await balanceOf(fixture.app, partner.id)).toBe(320n);
  });

  it('when the books are checked then every rule holds', async () => {
    expect((await checkInvariants(fixture.app)).filter(({ culprits }) => culprits.length > 0)).toEqual([]);
  });
});
