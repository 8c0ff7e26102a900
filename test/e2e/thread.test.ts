import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { listBalances } from '../../db/books/ledger.ts';
import { addPartners, type Company, openCompany, sale, sendEvents } from '../fixtures/company.ts';
import { payPeriod, reconcileToday } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';

describe('given a sale of 1,234.56 USD at a commission of 10 %', () => {
  let world: World;
  let company: Company;

  beforeAll(async () => {
    world = await openWorld();
    company = await openCompany(world);
    await addPartners(company, [
      { code: 'by-bank', method: 'bank' },
      { code: 'by-paypal', method: 'paypal' },
      { code: 'by-check', method: 'check' },
    ]);
  });
  afterAll(() => world.close());

  it('when the run of the month is approved and paid then each partner gets 123.46 by the chosen method, and the books agree', async () => {
    await sendEvents(
      company,
      ['by-bank', 'by-paypal', 'by-check'].map((partner) =>
        sale({ id: `sale-${partner}`, partner, amount: '1234.56' }),
      ),
    );

    const payouts = await payPeriod(company);

    expect(payouts.map(({ partner, method, status, net }) => ({ partner, method, status, net }))).toEqual(
      expect.arrayContaining([
        { partner: 'by-bank', method: 'bank', status: 'settled', net: '123.46' },
        { partner: 'by-paypal', method: 'paypal', status: 'settled', net: '123.46' },
        { partner: 'by-check', method: 'check', status: 'settled', net: '123.46' },
      ]),
    );
    expect(payouts).toHaveLength(3);
    expect(await reconcileToday(world, company)).toEqual([]);
    const inTransit = await listBalances(world.db, 'payout:in_transit');
    expect(inTransit.every(({ minor }) => minor === 0n)).toBe(true);
  });
});
