import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Company, openCompany } from '../support/company.ts';
import { reconcileToday } from '../support/runs.ts';
import { openWorld, type World } from '../support/world.ts';
import { addPayees, allBecome, openBusiness, paidFor, startPaying } from '../workflows/stage.ts';

let world: World;
let company: Company;
beforeAll(async () => {
  world = await openWorld();
  company = await openCompany(world);
});
afterAll(() => world.close());

describe('given', () => {
  it.each(['paypal', 'bank'] as const)('when %s', async (method) => {
    const business = await openBusiness(company, { code: `b-${method}` });
    await addPayees(
      business,
      Array.from({ length: 5 }, (_, i) => ({ name: `p${i}`, method, amount: '10.00' })),
    );
    const run = await startPaying(business);
    const payouts = await allBecome(business, run, 'settled');
    const paid = await Promise.all(payouts.map(({ id }) => paidFor(world, id)));
    expect(paid).toEqual(Array.from({ length: 5 }, () => ['10.00']));
    expect(await reconcileToday(world, company)).toEqual([]);
  });
});
