import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { insertInboxMessage } from '../../db/payouts/inbox.ts';
import { listBalances } from '../../db/books/ledger.ts';
import { HOUR_MS } from '../../domain/durations.ts';
import { openReceiver } from '../../scripts/gateway-check/sandbox.ts';
import { type Company, openCompany } from '../fixtures/company.ts';
import { eventually } from '../fixtures/eventually.ts';
import { reconcileToday } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import {
  addPayees,
  alarmsOf,
  allBecome,
  attemptOf,
  type Business,
  openBusiness,
  owedTo,
  paidFor,
  type PayeeWish,
  payoutBecomes,
  startPaying,
  tell,
} from './fixture.ts';

/** The outcome of every payment, without the provider's statuses, because a poll may miss some of them. */
type Ending = { name: string; status: string; paid: string[]; owed: bigint };

const NAMES = ['ann', 'bob', 'cem', 'dee'] as const;

const PAYEES: PayeeWish[] = [
  { name: 'ann', method: 'bank', amount: '10.00' },
  { name: 'bob', method: 'paypal', amount: '11.00' },
  { name: 'cem', method: 'bank', holder: 'Bounce Cem', amount: '12.00' },
  { name: 'dee', method: 'paypal', receiver: 'failed-dee@example.test', amount: '13.00' },
];

/** Pays, and waits until each payment has reached its last state. A payment that bounces may look settled before. */
async function payAll(business: Business) {
  const run = await startPaying(business);
  await payoutBecomes(business, run, 'cem', 'returned');
  return allBecome(business, run, 'settled', 'failed', 'returned');
}

/** Each month is a business of its own, in a world that may hold others. */
async function payMonth(company: Company, code: string): Promise<{ endings: Ending[]; books: object }> {
  const { world } = company;
  const business = await openBusiness(company, { code });
  await addPayees(business, PAYEES);
  const payouts = await payAll(business);
  await eventually('the late webhooks are processed', async () => (await openMessages(world)) === 0);
  const endings = await Promise.all(NAMES.map((name) => endingOf(business, name, payouts)));
  const transit = (await listBalances(world.db, 'payout:in_transit')).map(({ minor }) => minor);
  return {
    endings,
    books: { breaks: await reconcileToday(world, company), transit, alarms: await alarmsAbout(business) },
  };
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

/** A bounce opens a question at Wise, which a poll may or may not see. Nothing else may raise an alarm. */
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

const ENDINGS: Ending[] = [
  { name: 'ann', status: 'settled', paid: ['10.00'], owed: 0n },
  { name: 'bob', status: 'settled', paid: ['11.00'], owed: 0n },
  { name: 'cem', status: 'returned', paid: ['12.00'], owed: 1200n },
  { name: 'dee', status: 'failed', paid: [], owed: 1300n },
];

const MONTH = { endings: ENDINGS, books: { breaks: [], transit: [0n, 0n], alarms: [] } };

describe('given a month of payments that arrive, bounce and fail', () => {
  let world: World;
  let company: Company;
  beforeAll(async () => {
    world = await openWorld();
    company = await openCompany(world);
  });
  afterAll(() => world.close());

  it.each([
    { how: 'once each', mode: 'normal' },
    { how: 'twice each', mode: 'duplicate' },
    { how: 'in another order', mode: 'reorder' },
  ])('when webhooks come $how then every outcome is the same', async ({ mode }) => {
    for (const provider of ['wise', 'paypal'] as const) await tell(world, provider, 'webhooks', { mode });
    expect(await payMonth(company, mode)).toEqual(MONTH);
  });
});

describe('given no webhooks', () => {
  let world: World;
  let company: Company;
  beforeAll(async () => {
    world = await openWorld({ webhooks: false });
    company = await openCompany(world);
  });
  afterAll(() => world.close());

  it('when a month of payments arrives, bounces and fails then every outcome is the same', async () => {
    expect(await payMonth(company, 'silent')).toEqual(MONTH);
  });

  it('when a webhook came before its payout was known then the sweep wakes the payout later, and the message is processed', async () => {
    const business = await openBusiness(company, { code: 'early' });
    await addPayees(business, [{ name: 'ann', method: 'paypal', amount: '10.00' }]);
    const run = await startPaying(business);
    const [payout] = await allBecome(business, run, 'settled');
    const keyOf = sql.unsafe`select provider_key from payout_attempt where payout_id = ${payout?.id ?? ''}`;
    const key = String(await world.db.oneFirst(keyOf));
    await world.db.query(sql.unsafe`
      insert into webhook_inbox(gateway, event_id, provider_ref, provider_key, word)
      values ('paypal', 'early-1', null, ${key}, 'PAYMENT.PAYOUTS-ITEM.SUCCEEDED'),
             ('paypal', 'stranger-1', null, 'nobody', 'PAYMENT.PAYOUTS-ITEM.SUCCEEDED')`);

    await world.activities.wakeOverdue();

    const open = sql.unsafe`select event_id from webhook_inbox where processed_at is null`;
    expect(await world.db.anyFirst(open)).toEqual(['stranger-1']);
    expect(await allBecome(business, run, 'settled')).toHaveLength(1);
  });
});

/** The fates of a delivery on its way to us. */
const FATES = ['at once', 'twice', 'after the end', 'never'] as const;
type Fate = (typeof FATES)[number];

describe('given webhooks that are held back, repeated, lost and reordered', () => {
  let world: World;
  let company: Company;
  let receiver: Awaited<ReturnType<typeof openReceiver>>;
  let months = 0;
  beforeAll(async () => {
    receiver = await openReceiver();
    world = await openWorld({ webhooks: receiver.url });
    company = await openCompany(world);
  });
  afterAll(async () => {
    await world.close();
    receiver.close();
  });

  type Kept = (typeof receiver.kept)[number];

  /** Hands a delivery to the API, byte for byte. */
  const deliver = async ({ sender, headers, body }: Kept, forged = false): Promise<number> => {
    const bytes = forged ? Buffer.concat([body, Buffer.from(' ')]) : body;
    const kept = [...headers].filter(([name]) => /^(x-|paypal-|lob-|content-type)/.test(name));
    return (
      await fetch(`${world.url}/webhooks/${sender}`, { method: 'POST', headers: kept, body: new Uint8Array(bytes) })
    ).status;
  };

  /** Takes each delivery as it comes, does with it what the property drew, and keeps what comes after the end. */
  function standBetween(fates: readonly Fate[]) {
    const held: Kept[] = [];
    const over = new AbortController();
    let next = receiver.kept.length;
    const work = (async () => {
      while (!over.signal.aborted || next < receiver.kept.length) {
        const delivery = receiver.kept[next];
        if (!delivery) await new Promise((done) => setTimeout(done, 2));
        else {
          const fate = fates[next % fates.length];
          next += 1;
          if (fate === 'after the end') held.push(delivery);
          if (fate === 'at once' || fate === 'twice') expect(await deliver(delivery)).toBe(200);
          if (fate === 'twice') expect(await deliver(delivery)).toBe(200);
        }
      }
    })();
    return {
      /** Delivers what was held back, once nothing more comes. */
      async end(): Promise<Kept[]> {
        over.abort();
        await work;
        return held;
      },
    };
  }

  const order = fc.array(fc.constantFrom(...FATES), { minLength: 12, maxLength: 40 });
  const lateOrder = fc.array(fc.nat(), { minLength: 60, maxLength: 60 });

  it('when they come in any order then states, books and alarms are the same as without them', async () => {
    const month = async (fates: readonly Fate[], ranks: readonly number[]) => {
      months += 1;
      const business = await openBusiness(company, { code: `order-${months}` });
      await addPayees(business, PAYEES);
      for (const [provider, path] of ANSWERED_LATE)
        await tell(world, provider, 'faults', { method: 'POST', path, fault: 'commit-then-wait', ms: 100, times: 2 });
      const between = standBetween(fates);
      const payouts = await payAll(business);
      const held = await between.end();

      const late = held.map((delivery, index) => ({ delivery, rank: ranks[index % ranks.length] ?? 0 }));
      for (const { delivery } of late.toSorted((a, b) => a.rank - b.rank)) {
        expect(await deliver(delivery, true)).toBe(401);
        expect(await deliver(delivery)).toBe(200);
      }
      await eventually('the late webhooks are processed', async () => (await openMessages(world)) === 0);

      expect(await Promise.all(NAMES.map((name) => endingOf(business, name, payouts)))).toEqual(ENDINGS);
      expect(await alarmsAbout(business)).toEqual([]);
    };

    await fc.assert(fc.asyncProperty(order, lateOrder, month), { numRuns: 3, endOnFailure: true });

    expect(await reconcileToday(world, company)).toEqual([]);
    expect((await listBalances(world.db, 'payout:in_transit')).filter(({ minor }) => minor !== 0n)).toEqual([]);
  });
});

/** Calls whose responses come after their webhooks. */
const ANSWERED_LATE = [
  ['wise', '/v1/transfers$'],
  ['paypal', '/v1/payments/payouts$'],
] as const;

describe('given a bank that sends money back and gives the reason by webhook only', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ webhooks: false, wiseReturnWindowMs: HOUR_MS });
  });
  afterAll(() => world.close());

  it('when the payment is returned then the reason is kept with the attempt', async () => {
    const company = await openCompany(world);
    const business = await openBusiness(company, { code: 'reason' });
    await tell(world, 'wise', 'outcomes', { match: '10.00', outcome: 'bounce', afterMs: HOUR_MS });
    await addPayees(business, [{ name: 'ann', method: 'bank', amount: '10.00' }]);
    const run = await startPaying(business);
    const { id } = await payoutBecomes(business, run, 'ann', 'sent');
    const reference = (await attemptOf(business, id))?.reference ?? null;
    await insertInboxMessage(world.db, {
      gateway: 'wise',
      eventId: 'failure-1',
      reference,
      key: null,
      word: 'ACCOUNT_CLOSED',
      state: null,
      isProgress: false,
      reason: 'ACCOUNT_CLOSED',
    });
    const { wise, secrets } = world.sandbox;
    const headers = { authorization: `Bearer ${secrets.wise.token}` };
    await fetch(`${wise.url}/v1/simulation/transfers/${reference}/bounced_back`, { headers });

    await payoutBecomes(business, run, 'ann', 'returned');

    const reason = sql.unsafe`select reason from payout_attempt where payout_id = ${id}`;
    expect(await world.db.oneFirst(reason)).toBe('ACCOUNT_CLOSED');
  });
});
