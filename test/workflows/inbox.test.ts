import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from 'slonik';

import { listBalances } from '../../db/ledger.ts';
import { openCompany } from '../support/company.ts';
import { eventually } from '../support/eventually.ts';
import { reconcileToday } from '../support/runs.ts';
import { openWorld, type World, type WorldOptions } from '../support/world.ts';
import {
  addPayees,
  alarmsOf,
  allBecome,
  type Business,
  openBusiness,
  owedTo,
  paidFor,
  startPaying,
  tell,
} from './stage.ts';

/** Not the words, which a poll may miss, but what became of everybody's money. */
type Ending = { name: string; status: string; paid: string[]; owed: bigint };

const NAMES = ['ann', 'bob', 'cem', 'dee'] as const;

async function payMonth(
  options: WorldOptions,
  mode: 'normal' | 'duplicate' | 'reorder',
): Promise<{ endings: Ending[]; books: object }> {
  const world = await openWorld(options);
  try {
    const company = await openCompany(world);
    for (const provider of ['wise', 'paypal'] as const) await tell(world, provider, 'webhooks', { mode });
    const business = await openBusiness(company, { code: 'month' });
    await addPayees(business, [
      { name: 'ann', method: 'bank', amount: '10.00' },
      { name: 'bob', method: 'paypal', amount: '11.00' },
      { name: 'cem', method: 'bank', holder: 'Bounce Cem', amount: '12.00' },
      { name: 'dee', method: 'paypal', receiver: 'failed-dee@example.test', amount: '13.00' },
    ]);
    const run = await startPaying(business);
    const payouts = await allBecome(business, run, 'settled', 'failed', 'returned');
    await eventually('the late words are heard', async () => (await openMessages(world)) === 0);
    const endings = await Promise.all(NAMES.map((name) => endingOf(business, name, payouts)));
    const transit = (await listBalances(world.db, 'payout:in_transit')).map(({ minor }) => minor);
    return {
      endings,
      books: { breaks: await reconcileToday(world, company), transit, alarms: await alarmsAbout(business) },
    };
  } finally {
    await world.close();
  }
}

async function endingOf(
  business: Business,
  name: string,
  payouts: Awaited<ReturnType<typeof allBecome>>,
): Promise<Ending> {
  const payout = payouts.find(({ partner }) => partner === `${business.code}-${name}`);
  if (!payout) throw new Error(`${name} has no payout`);
  return {
    name,
    status: payout.status,
    paid: await paidFor(business.world, payout.id),
    owed: await owedTo(business, name),
  };
}

/** A bounce opens a question at Wise, which a poll may or may not see; nothing else may alarm. */
const alarmsAbout = async (business: Business) =>
  (await alarmsOf(business)).filter((alarm) => !JSON.stringify(alarm).includes('open question'));

const openMessages = async (world: World): Promise<number> => {
  await world.activities.wakeOverdue();
  return Number(
    await world.db.oneFirst(
      sql.unsafe`select count(*) from webhook_inbox where processed_at is null and provider_ref is not null`,
    ),
  );
};

describe('given a month of payments that arrive, bounce and fail', () => {
  it.each([
    { how: 'once each', options: {}, mode: 'normal' as const },
    { how: 'twice each', options: {}, mode: 'duplicate' as const },
    { how: 'in another order', options: {}, mode: 'reorder' as const },
    { how: 'never', options: { webhooks: false }, mode: 'normal' as const },
  ])('when webhooks come $how then it ends alike', async ({ options, mode }) => {
    expect(await payMonth(options, mode)).toEqual({
      endings: [
        { name: 'ann', status: 'settled', paid: ['10.00'], owed: 0n },
        { name: 'bob', status: 'settled', paid: ['11.00'], owed: 0n },
        { name: 'cem', status: 'returned', paid: ['12.00'], owed: 1200n },
        { name: 'dee', status: 'failed', paid: [], owed: 1300n },
      ],
      books: { breaks: [], transit: [0n, 0n], alarms: [] },
    });
  });
});

describe('given a webhook that comes before its payout is known', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ webhooks: false });
  });
  afterAll(() => world.close());

  it('when the reference becomes known then the sweep wakes the payout, and the message is done', async () => {
    const company = await openCompany(world);
    const business = await openBusiness(company, { code: 'early' });
    await addPayees(business, [{ name: 'ann', method: 'paypal', amount: '10.00' }]);
    const run = await startPaying(business);
    const [payout] = await allBecome(business, run, 'settled');
    const keyOf = sql.unsafe`select provider_key from payout_attempt where payout_id = ${payout?.id ?? ''}`;
    const key = String(await world.db.oneFirst(keyOf));
    await world.db.query(sql.unsafe`
      insert into webhook_inbox(gateway, event_id, provider_ref, provider_key, word, raw_body)
      values ('paypal', 'early-1', null, ${key}, 'PAYMENT.PAYOUTS-ITEM.SUCCEEDED', ''),
             ('paypal', 'stranger-1', null, 'nobody', 'PAYMENT.PAYOUTS-ITEM.SUCCEEDED', '')`);

    await world.activities.wakeOverdue();

    const open = sql.unsafe`select event_id from webhook_inbox where processed_at is null`;
    expect(await world.db.anyFirst(open)).toEqual(['stranger-1']);
    expect(await allBecome(business, run, 'settled')).toHaveLength(1);
  });
});
