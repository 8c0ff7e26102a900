import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openFixture, type Fixture } from '../../db/fixture.ts';
import { openShop } from '../../fixtures/shop.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const percent = (id: string, rate: string, more: object = {}) => ({
  id,
  unit: 'USD',
  pay: { rule: 'percent', percent: rate },
  ...more,
});

describe('given incentives of which one pays instead of the other', () => {
  it('when an event earns by the excluding one then the explanation of the other names it', async () => {
    const { send, explained } = await openShop(fixture, [
      percent('launch', '8', { when: { event: { product: ['router'] } }, excludes: ['base'] }),
      percent('base', '5'),
    ]);
    await send({ id: 'order', day: '2026-03-10', amount: '100.00', attributes: { product: 'router' } });
    const base = (await explained()).find(({ incentive }) => incentive === 'base');
    expect(base).toMatchObject({
      minor: 0n,
      explanation: {
        steps: ['the sale earns by launch, which excludes base', 'held 0 days from 2026-03-10: until 2026-03-10'],
      },
    });
  });

  it('when a correction changes which one is best then the other is taken back, and says why', async () => {
    const { send, earned, explained } = await openShop(
      fixture,
      [percent('rate', '5'), { id: 'fixed', unit: 'USD', pay: { rule: 'flat', amount: '4.00' } }],
      { onlyOneOf: [{ incentives: ['rate', 'fixed'], choose: 'best' }] },
    );
    await send({ id: 'order', day: '2026-03-10', amount: '100.00' });
    expect(await earned()).toEqual({ fixed: '0.00', rate: '5.00' });
    await send({ id: 'order', day: '2026-03-10', amount: '50.00', revision: 2 });
    expect(await earned()).toEqual({ fixed: '4.00', rate: '0.00' });
    const [rate] = (await explained()).filter(({ incentive, minor }) => incentive === 'rate' && minor < 0n);
    expect(rate?.explanation).toMatchObject({
      steps: expect.arrayContaining([
        'the sale earns by fixed, which earns most: only one of rate, fixed pays it',
      ]) as string[],
    });
  });
});
