import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { waitForResume } from '../../db/payouts/payouts.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { payoutWorkflowId } from '../../temporal/messages.ts';
import { type Company, openCompany } from '../fixtures/company.ts';
import { eventually } from '../fixtures/eventually.ts';
import { getRun, reconcileToday, runBecomes } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import {
  addPayees,
  alarmsOf,
  allBecome,
  attemptBecomes,
  attemptOf,
  booksOf,
  type Business,
  calm,
  clearFailure,
  codeOf,
  mailChecks,
  openBusiness,
  owedTo,
  paidFor,
  type PayeeWish,
  payoutBecomes,
  payoutOf,
  startPaying,
  sweep,
  tell,
} from './fixture.ts';

let world: World;
let company: Company;

beforeAll(async () => {
  world = await openWorld();
  company = await openCompany(world);
});
afterAll(() => world.close());
beforeEach(() => calm(world));

const open = async (code: string, wishes: readonly PayeeWish[]): Promise<Business> => {
  const business = await openBusiness(company, { code });
  await addPayees(business, wishes);
  return business;
};

const atWise = async (path: string): Promise<void> => {
  const headers = { authorization: `Bearer ${world.sandbox.secrets.wise.token}` };
  const response = await fetch(`${world.sandbox.wise.url}${path}`, { headers });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
};

type Mail = { to: string[]; subject: string; text: string };
const mailsTo = async (address: string): Promise<Mail[]> => {
  const response = await fetch(`${world.sandbox.mail.url}/messages?to=${encodeURIComponent(address)}`);
  return (await response.json()) as Mail[];
};
const subjectsTo = async (business: Business, name: string): Promise<string[]> => {
  await sweep(world);
  return (await mailsTo(`${codeOf(business, name)}@example.test`)).map(({ subject }) => subject);
};

describe('given money that comes back', () => {
  it('when a bank bounces a transfer then its lines are free, the partner is told why, and a new payout pays them once an operator has cleared the details', async () => {
    const business = await open('bounce', [{ name: 'ann', method: 'bank', amount: '10.00' }]);
    await tell(world, 'wise', 'outcomes', { match: 'Holder bounce-ann', outcome: 'bounce', afterMs: 20 });
    const run = await startPaying(business);
    const returned = await payoutBecomes(business, run, 'ann', 'returned');
    expect(await owedTo(business, 'ann')).toBe(1000n);
    expect(await subjectsTo(business, 'ann')).toContain('Your payout of 10.00 USD was returned to us');

    await calm(world);
    await clearFailure(business, 'ann');
    const again = await startPaying(business);
    const settled = await payoutBecomes(business, again, 'ann', 'settled');

    expect(settled.id).not.toBe(returned.id);
    expect(await paidFor(world, settled.id)).toEqual(['10.00']);
    expect(await owedTo(business, 'ann')).toBe(0n);
  });

  it('when it comes back after the return window then the settled payout still becomes returned', async () => {
    const business = await open('late', [{ name: 'ann', method: 'bank', amount: '11.00' }]);
    const run = await startPaying(business);
    const { id } = await payoutBecomes(business, run, 'ann', 'settled');
    expect(await world.temporal.workflow.getHandle(payoutWorkflowId(id)).result()).toBe('settled');

    const { reference } = await attemptBecomes(business, id, 'settled');
    await atWise(`/v1/simulation/transfers/${reference}/bounced_back`);
    await atWise(`/v1/simulation/transfers/${reference}/funds_refunded`);

    await payoutBecomes(business, run, 'ann', 'returned');
    expect(await owedTo(business, 'ann')).toBe(1100n);
    expect(await subjectsTo(business, 'ann')).toContain('Your payout of 11.00 USD was returned to us');
  });

  it('when an earlier status comes again after it settled then it stays settled and no alarm is raised', async () => {
    const business = await open('again', [{ name: 'ann', method: 'bank', amount: '11.50' }]);
    const run = await startPaying(business);
    const { id } = await payoutBecomes(business, run, 'ann', 'settled');

    expect(await world.activities.advancePayout(id)).toMatchObject({
      status: 'settled',
      state: 'settled',
      isFinal: true,
    });

    expect((await alarmsOf(business)).filter(({ subject }) => subject === `payout/${id}`)).toEqual([]);
  });

  it('when a provider keeps part of what came back then a person decides, and the lines stay taken', async () => {
    const business = await open('short', [{ name: 'ann', method: 'bank', amount: '20.00' }]);
    await tell(world, 'wise', 'outcomes', { match: 'Holder short-ann', outcome: 'bounce-short', afterMs: 20 });
    const run = await startPaying(business);
    const { id } = await payoutOf(business, run, 'ann');

    await eventually('a person is asked', async () =>
      (await company.auditor.api.all<{ kind: string }>(`/v1/tasks?payout=${id}`)).some(
        ({ kind }) => kind === 'partial_return',
      ),
    );

    expect(await owedTo(business, 'ann')).toBe(0n);
    expect((await payoutOf(business, run, 'ann')).status).not.toBe('returned');
  });
});

describe('given a payment that cannot be made', () => {
  it('when PayPal says that it failed then its lines are free, and the partner is told why', async () => {
    const business = await open('failed', [
      { name: 'ann', method: 'paypal', receiver: 'failed-ann@example.test', amount: '13.00' },
    ]);
    const run = await startPaying(business);
    const { id } = await payoutBecomes(business, run, 'ann', 'failed');

    expect(await paidFor(world, id)).toEqual([]);
    expect(await owedTo(business, 'ann')).toBe(1300n);
    expect(await subjectsTo(business, 'ann')).toEqual(['Your payout of 13.00 USD could not be made']);
  });

  it('when the provider cannot express the details then that payout fails before the provider is asked, and the others are paid', async () => {
    const business = await open('details', [
      { name: 'ann', method: 'check', holder: '株式会社テスト', amount: '14.00' },
      { name: 'bob', method: 'check', amount: '15.00' },
    ]);
    const run = await startPaying(business);
    const ann = await payoutBecomes(business, run, 'ann', 'failed');

    const bob = await payoutBecomes(business, run, 'bob', 'settled');

    expect(await attemptOf(business, ann.id)).toBeUndefined();
    expect(await paidFor(world, bob.id)).toEqual(['15.00']);
    expect(await owedTo(business, 'ann')).toBe(1400n);
  });

  it('when a check never clears then it stays sent, and its amount stays a liability in transit', async () => {
    const business = await open('check', [{ name: 'ann', method: 'check', amount: '16.00' }]);
    await tell(world, 'bank', 'outcomes', { match: 'Holder check-ann', outcome: 'never-cleared' });
    const run = await startPaying(business);

    await mailChecks(business, run, 'ann');
    const { id } = await payoutOf(business, run, 'ann');
    await runBecomes(company, run.id, 'disbursed');

    expect(await paidFor(world, id)).toEqual([]);
    expect(await attemptBecomes(business, id, 'sent')).toMatchObject({ word: 'issued' });
  });
});

describe('given a provider status that this version does not know', () => {
  it.each([
    { method: 'bank' as const, provider: 'wise' as const, match: 'Holder word-bank-ann' },
    { method: 'paypal' as const, provider: 'paypal' as const, match: 'word-paypal-ann@' },
  ])(
    'when $provider reports it then an alarm is raised and the payout stays where it is',
    async ({ method, provider, match }) => {
      const business = await open(`word-${method}`, [{ name: 'ann', method, amount: '17.00' }]);
      await tell(world, provider, 'outcomes', { match, outcome: 'unknown-word', afterMs: 0 });
      const run = await startPaying(business);
      const { id } = await payoutOf(business, run, 'ann');

      await eventually('an alarm is raised', async () =>
        (await alarmsOf(business)).some(
          ({ kind, subject }) => kind === 'provider_answer' && subject === `payout/${id}`,
        ),
      );

      expect(['executing', 'sent']).toContain((await payoutOf(business, run, 'ann')).status);
      expect(await owedTo(business, 'ann')).toBe(0n);
    },
  );
});

describe('given an account without the money', () => {
  it.each([
    { provider: 'wise' as const, method: 'bank' as const },
    { provider: 'paypal' as const, method: 'paypal' as const },
  ])(
    'when $provider refuses us then it is paused with one alarm, no payout fails, and after the top-up each is paid once',
    async ({ provider, method }) => {
      const wishes = ['ann', 'bob', 'cem'].map((name) => ({ name, method, amount: '18.00' }));
      const business = await open(`funds-${provider}`, wishes);
      await tell(world, provider, 'balance', { currency: 'USD', amount: '1.00' });
      const run = await startPaying(business);
      const isPaused = async () => {
        const { items } = await company.auditor.api.get<{ items: { gateway: string; paused: boolean }[] }>(
          '/v1/gateways',
        );
        return items.some(({ gateway, paused }) => gateway === provider && paused);
      };
      await eventually(`${provider} is paused`, isPaused);
      const alarms = (await alarmsOf(business)).filter(({ subject }) => subject === `gateway/${provider}`);
      expect(alarms).toHaveLength(1);
      expect((await getRun(company, run.id)).status).toBe('disbursing');

      await tell(world, provider, 'balance', { currency: 'USD', amount: '1000000.00' });
      await company.operator.api.post(`/v1/gateways/${provider}/resume`, {});
      await sweep(world);

      const paid = await allBecome(business, run, 'settled');
      expect(await Promise.all(paid.map(({ id }) => paidFor(world, id)))).toEqual([['18.00'], ['18.00'], ['18.00']]);
      expect((await alarmsOf(business)).filter(({ subject }) => subject === `gateway/${provider}`)).toEqual([]);
    },
  );
});

describe('given a pause by a person', () => {
  it('when a gateway is paused then it is asked for nothing new, others continue, and after the resume it pays', async () => {
    const business = await open('pause', [
      { name: 'ann', method: 'bank', amount: '21.00' },
      { name: 'bob', method: 'paypal', amount: '22.00' },
    ]);
    await company.operator.api.post('/v1/gateways/wise/pause', { reason: 'the bank asked us to wait' });
    const before = (await booksOf(world, 'wise')).length;
    const run = await startPaying(business);
    await payoutBecomes(business, run, 'bob', 'settled');
    const { id } = await payoutOf(business, run, 'ann');
    expect(await attemptBecomes(business, id, 'prepared')).toMatchObject({ reference: null });
    expect(await booksOf(world, 'wise')).toHaveLength(before);

    await company.operator.api.post('/v1/gateways/wise/resume', {});
    await sweep(world);

    await payoutBecomes(business, run, 'ann', 'settled');
    expect(await paidFor(world, id)).toEqual(['21.00']);
  });

  it('when the resume comes just before a payout that saw the pause goes to sleep then it is still due', async () => {
    const business = await open('race', [{ name: 'ann', method: 'paypal', amount: '24.00' }]);
    await company.operator.api.post('/v1/gateways/paypal/pause', { reason: 'for a moment' });
    const run = await startPaying(business);
    const { id } = await payoutOf(business, run, 'ann');
    await attemptBecomes(business, id, 'prepared');
    await company.operator.api.post('/v1/gateways/paypal/resume', {});

    await waitForResume(world.db, id, 600_000); // as it had decided when it saw the pause
    await sweep(world);

    await payoutBecomes(business, run, 'ann', 'settled');
  });

  it('when a run is paused then its providers are asked for nothing new, and after the resume it pays', async () => {
    const business = await open('pause-run', [{ name: 'ann', method: 'paypal', amount: '23.00' }]);
    await company.operator.api.post('/v1/gateways/paypal/pause', { reason: 'so that the run can be paused in time' });
    const run = await startPaying(business);
    const { id } = await payoutOf(business, run, 'ann');
    await attemptBecomes(business, id, 'prepared');
    await company.operator.api.post(`/v1/runs/${run.id}/pause`, { reason: 'the approver called' });
    await company.operator.api.post('/v1/gateways/paypal/resume', {});
    expect(await world.activities.advancePayout(id)).toMatchObject({ status: 'executing', state: 'prepared' });
    expect(await paidFor(world, id)).toEqual([]);

    await company.operator.api.post(`/v1/runs/${run.id}/resume`, { reason: 'all is well' });
    await sweep(world);

    await payoutBecomes(business, run, 'ann', 'settled');
    expect(await paidFor(world, id)).toEqual(['23.00']);
  });
});

it('when all tests have run then statements and ledger agree, except for the payment with the unknown status', async () => {
  const breaks = await reconcileToday(world, company);

  expect(breaks.map(({ kind }) => kind).toSorted()).toEqual(['fee_differs', 'missing_in_ledger']);
  expect(new Set(breaks.map(({ subject }) => subject)).size).toBe(1);
});

describe('given a payment that nobody claims', () => {
  it('when PayPal waits for the receiver then it stays provisional, the partner is told, and after 30 days it is returned', async () => {
    const business = await open('unclaimed', [
      { name: 'ann', method: 'paypal', receiver: 'unclaimed-ann@example.test', amount: '12.00' },
    ]);
    const run = await startPaying(business);
    const { id } = await payoutBecomes(business, run, 'ann', 'sent');
    await attemptBecomes(business, id, 'unclaimed');
    expect(await subjectsTo(business, 'ann')).toEqual(['12.00 USD is waiting for you']);

    await tell(world, 'paypal', 'clock', { advanceMs: 31 * DAY_MS });

    await payoutBecomes(business, run, 'ann', 'returned');
    expect(await owedTo(business, 'ann')).toBe(1200n);
    expect(await subjectsTo(business, 'ann')).toContain('Your payout of 12.00 USD was returned to us');
  });
});
