import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { recordQuota, type QuotaWish } from '../../../commands/earnings/quotas.ts';
import { listStandings } from '../../../db/earnings/standing.ts';
import { listAlarms } from '../../../db/tasks/alarms.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { openShop } from '../../fixtures/shop.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const TERMS = {
  id: 'target',
  window: 'quarter',
  against: 'quota',
  unit: 'USD',
  pay: {
    rule: 'steps',
    mode: 'marginal',
    steps: [
      { from: '0', percent: '2' },
      { from: '100', percent: '10' },
    ],
  },
};

async function open(more: object = {}) {
  const shop = await openShop(fixture, [{ ...TERMS, ...more }]);
  const { company, partner } = shop;
  const wish: QuotaWish = {
    partner: partner.code,
    program: company.code,
    name: 'standard',
    window: 'quarter',
    start: '2026-01-01',
    currency: 'USD',
    value: '300.00',
    reason: null,
  };
  const quota = async (change: Partial<QuotaWish> = {}) => {
    const { quota: recorded } = await recordQuota(fixture.app, { ...wish, ...change }, company.approver);
    await accrueAll(fixture.app, company.code);
    return recorded;
  };
  return { ...shop, quota };
}

describe('given 2 % up to the quota and 10 % above it', () => {
  it('when the quota comes first, in between or last then the window earns the same', async () => {
    const sales = [
      { id: 'one', day: '2026-01-10', amount: '200.00' },
      { id: 'two', day: '2026-02-10', amount: '200.00' },
    ] as const;
    const earned = [];
    for (const place of [0, 1, 2]) {
      const shop = await open();
      for (const [index, sale] of sales.entries()) {
        if (index === place) await shop.quota();
        await shop.send(sale);
      }
      if (place === 2) await shop.quota();
      earned.push(await shop.earned());
    }
    expect(earned).toEqual([{ target: '16.00' }, { target: '16.00' }, { target: '16.00' }]);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when the percentage of the quota has no end, as a third has none, then the earning is exact all the same', async () => {
    const { send, quota, earned } = await open();
    await quota({ value: '3000000.00' });
    await send({ id: 'big', day: '2026-01-10', amount: '7000000.00' });
    expect(await earned()).toEqual({ target: '460000.00' });
  });

  it('when another currency, window or name has a quota then none is set for this one', async () => {
    const { send, quota, earned, partner } = await open();
    await quota({ currency: 'EUR' });
    await quota({ window: 'month' });
    await quota({ name: 'hardware' });
    await quota({ start: '2026-04-01' });
    await send({ id: 'one', day: '2026-01-10', amount: '200.00' });
    expect(await earned()).toEqual({ target: '0.00' });
    expect(await listStandings(fixture.app, partner.id, null, 10)).toMatchObject([{ quota: 'none', next: null }]);
  });

  it('when the quota is known then the standing says what the next step needs, and the explanation names the quota', async () => {
    const { send, quota, explained, partner } = await open();
    await quota();
    await send({ id: 'one', day: '2026-01-10', amount: '200.00' });
    expect(await listStandings(fixture.app, partner.id, null, 10)).toMatchObject([
      { quota: '300.00 USD', volume: '200.00 USD', next: { at: '300.00 USD', missing: '100.00 USD' } },
    ]);
    expect(await explained()).toMatchObject([
      {
        explanation: {
          inputs: { quota: '300.00 USD' },
          steps: [
            'the volume goes from 0.00 USD to 200.00 USD',
            'it is compared with the quota of 300.00 USD',
            '2 % of 200.00 USD is 4 USD',
            'the window is worth 4.00 USD, rounded',
            expect.any(String) as string,
          ],
        },
      },
    ]);
  });

  it('when a quota is recorded twice then nothing is written the second time', async () => {
    const { quota } = await open();
    const { id } = await quota();
    expect(await quota()).toMatchObject({ id });
  });

  it.each([
    { change: { start: '2026-01-02' }, field: 'start' },
    { change: { value: '0.00' }, field: 'value' },
    { change: { value: '1.005' }, field: 'value' },
    { change: { value: '1.5', currency: null }, field: 'value' },
  ])('when $field of a quota is wrong then it is named: $change', async ({ change, field }) => {
    const { quota } = await open();
    await expect(quota(change)).rejects.toMatchObject({ code: 'invalid_input', details: [{ field }] });
  });

  it('when the window closes without a quota then operators are told, until it is recorded', async () => {
    const { send, settle, partner, earned, quota } = await open({ earned: 'at-close' });
    await send({ id: 'one', day: '2026-01-10', amount: '200.00' });
    await settle();
    const alarms = async () =>
      (await listAlarms(fixture.app, 0n, 1000)).filter(({ subject }) => subject === `partner/${partner.code}`);
    expect(await alarms()).toMatchObject([{ kind: 'quota_missing' }]);
    await quota();
    expect(await earned()).toEqual({ target: '4.00' });
    expect(await alarms()).toEqual([]);
  });
});

describe('given a quota of units', () => {
  it('when units are sold then the percentage applies to the amount', async () => {
    const { send, quota, earned } = await open({ measure: 'quantity' });
    await quota({ currency: null, value: '10' });
    await send({ id: 'one', day: '2026-01-10', amount: '200.00', quantity: 20 });
    expect(await earned()).toEqual({ target: '12.00' });
  });
});
