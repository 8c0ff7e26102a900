import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { listBalances } from '../../../db/books/ledger.ts';
import type { GatewayName } from '../../../domain/rails.ts';
import { faultsOf } from '../../gateways/faults.ts';
import { type Company, openCompany } from '../../fixtures/company.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { listRunPayouts, reconcileToday } from '../../fixtures/runs.ts';
import { openWorld, type World } from '../../fixtures/world.ts';
import {
  addPayees,
  allBecome,
  attemptBecomes,
  booksOf,
  type Business,
  calm,
  everythingIsDue,
  openBusiness,
  paidFor,
  payoutOf,
  startPaying,
  sweep,
  tell,
} from '../../workflows/fixture.ts';
import { workImpatiently } from './impatient.ts';

const ASK_TIMEOUT_MS = 3_000;
const LATE_MS = 100;
const AMOUNT = '10.00';

type Provider = 'wise' | 'paypal' | 'lob' | 'bank';
type Party = {
  gateway: GatewayName;
  provider: Provider;
  method: 'bank' | 'paypal' | 'check';
  calls: readonly string[];
};

/** The faults that a run must survive automatically, at each call that may move money and at the look-ups that follow. */
const atCalls = ({ gateway }: Party) => faultsOf(gateway, 'unclear', 'late').concat('429');
const atLookUps = ({ gateway }: Party) =>
  faultsOf(gateway, 'look_up').map((fault) => (fault === '500-on-look-up' ? '500-before-commit' : fault));
const ofWebhooks = ({ gateway }: Party) => faultsOf(gateway, 'webhook').filter((fault) => fault !== 'early-webhook');

const WISE: Party = {
  gateway: 'wise',
  provider: 'wise',
  method: 'bank',
  calls: ['/v1/accounts', '/v1/transfers$', 'transfers/\\d+/payments$'],
};
const PAYPAL: Party = { gateway: 'paypal', provider: 'paypal', method: 'paypal', calls: ['/v1/payments/payouts$'] };
const LOB: Party = { gateway: 'lob', provider: 'lob', method: 'check', calls: ['/v1/checks$'] };
const PRINTED: Party = { gateway: 'printed-check', provider: 'bank', method: 'check', calls: ['/positive-pay/files'] };

describe.each([
  { checkGateway: 'lob' as const, parties: [WISE, PAYPAL, LOB], refusers: [WISE, LOB] },
  { checkGateway: 'printed-check' as const, parties: [PRINTED], refusers: [PRINTED] },
])('given a run of a few payouts, checks by $checkGateway', ({ checkGateway, parties, refusers }) => {
  let world: World;
  let company: Company;
  let stopWorking: () => Promise<void>;

  beforeAll(async () => {
    world = await openWorld();
    company = await openCompany(world, { checkGateway });
    stopWorking = await workImpatiently(world, ASK_TIMEOUT_MS);
  });
  afterEach(() => calm(world));
  afterAll(async () => {
    await stopWorking();
    await world.close();
  });

  const notStruckYet = async (provider: Provider): Promise<unknown> =>
    (await fetch(`${world.sandbox[provider].url}/sandbox/faults`)).json();

  const open = async (code: string, method: Party['method'], count: number): Promise<Business> => {
    const business = await openBusiness(company, { code });
    await addPayees(
      business,
      Array.from({ length: count }, (_, index) => ({ name: `p${index}`, method, amount: AMOUNT })),
    );
    return business;
  };

  it.each(parties)(
    'when every fault that a run survives strikes $gateway then each payout is paid once',
    async (party) => {
      const { gateway, provider, method, calls } = party;
      const count = atCalls(party).length + 1;
      const business = await open(`unclear-${gateway}`, method, count);
      for (const path of calls)
        for (const fault of atCalls(party))
          await tell(world, provider, 'faults', { method: 'POST', path, fault, ms: LATE_MS });
      for (const fault of atLookUps(party)) await tell(world, provider, 'faults', { method: 'GET', fault });
      if (ofWebhooks(party).length > 0)
        await tell(world, provider, 'plan', { seed: 1, rate: 0.7, faults: ofWebhooks(party) });
      const run = await startPaying(business);

      const payouts = await allBecome(business, run, 'settled');

      const paid = await Promise.all(payouts.map(({ id }) => paidFor(world, id)));
      expect(paid).toEqual(Array.from({ length: count }, () => [AMOUNT]));
      expect(await notStruckYet(provider)).toEqual([]);
    },
  );

  it.each(refusers)(
    'when $gateway refuses our key then it is paused, and after the resume each is paid once',
    async ({ gateway, provider, method }) => {
      const business = await open(`refused-${gateway}`, method, 3);
      await tell(world, provider, 'faults', { method: 'POST', fault: '401', times: 3 });
      const run = await startPaying(business);
      await eventually('the gateway is paused', async () => {
        const { items } = await company.auditor.api.get<{ items: { gateway: string; paused: boolean }[] }>(
          '/v1/gateways',
        );
        return items.some((item) => item.gateway === gateway && item.paused);
      });
      await calm(world);

      const payouts = await eventually(
        'each is settled, though the gateway is paused by one who was refused before',
        async () => {
          await company.operator.api.post(`/v1/gateways/${gateway}/resume`, {});
          await sweep(world);
          const seen = await listRunPayouts(company, run.id);
          return seen.every(({ status }) => status === 'settled') && seen;
        },
      );

      const paid = await Promise.all(payouts.map(({ id }) => paidFor(world, id)));
      expect(paid).toEqual([[AMOUNT], [AMOUNT], [AMOUNT]]);
    },
  );

  it('when many callers advance the same payout at the same moment then its provider is asked once', async () => {
    const [party = PRINTED] = parties;
    const business = await open('at-once', party.method, 1);
    await company.operator.api.post(`/v1/gateways/${party.gateway}/pause`, { reason: 'until all are ready' });
    const run = await startPaying(business);
    const { id } = await payoutOf(business, run, 'p0');
    await attemptBecomes(business, id, 'prepared');
    await company.operator.api.post(`/v1/gateways/${party.gateway}/resume`, {});
    const before = (await booksOf(world, party.provider)).length;

    await Promise.all(Array.from({ length: 8 }, () => world.activities.advancePayout(id)));
    await everythingIsDue(world);
    await sweep(world);

    await allBecome(business, run, 'settled');
    expect(await paidFor(world, id)).toEqual([AMOUNT]);
    const added = (await booksOf(world, party.provider)).slice(before);
    expect(added.filter(({ kind }) => kind === 'paid')).toHaveLength(1);
  });

  it('when it has ended then ledger and statements agree, and nothing is in transit', async () => {
    expect(await reconcileToday(world, company)).toEqual([]);
    expect((await listBalances(world.db, 'payout:in_transit')).filter(({ minor }) => minor !== 0n)).toEqual([]);
  });

  it.each(parties)(
    'when the statement of $gateway shows one cent too much then that is a break, and our ledger stays right',
    async ({ gateway, provider, method }) => {
      const business = await open(`report-${gateway}`, method, 1);
      const run = await startPaying(business);
      const [payout] = await allBecome(business, run, 'settled');
      const reporter = gateway === 'lob' ? 'bank' : provider; // Lob never knows whether a check was paid
      await tell(world, reporter, 'faults', { method: 'GET', path: 'statement|reporting', fault: 'wrong-amount' });

      const breaks = await reconcileToday(world, company);

      expect(breaks).toMatchObject([{ kind: expect.stringMatching(/^(amount|fee)_differs$/) }]);
      expect(await reconcileToday(world, company)).toEqual([]); // the provider corrected it
      expect(await paidFor(world, payout?.id ?? '')).toEqual([AMOUNT]);
    },
  );
});
