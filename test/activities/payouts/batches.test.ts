import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createActivities } from '../../../activities/index.ts';
import { addInstrument } from '../../../commands/partners/instruments.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { type Batch, listRunBatches } from '../../../db/payouts/batches.ts';
import { listBalances } from '../../../db/books/ledger.ts';
import { listTasks } from '../../../db/tasks/tasks.ts';
import { DAY_MS } from '../../../domain/durations.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import type { BatchGateway, Gateways } from '../../../gateways/gateway.ts';
import { createGateways } from '../../../gateways/index.ts';
import { createMailer } from '../../../notifications/channels/mail.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { withClient } from '../../../scripts/stack/postgres.ts';
import { batchWorkflowId } from '../../../temporal/messages.ts';
import { faultsOf } from '../../gateways/faults.ts';
import { type Company, openCompany } from '../../fixtures/company.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { listRunPayouts, reconcileToday, type RunSeen } from '../../fixtures/runs.ts';
import { gatewaySettingsOf, openWorld, VAULT, type World } from '../../fixtures/world.ts';
import {
  addPayees,
  alarmsOf,
  allBecome,
  type Business,
  booksOf,
  calm,
  codeOf,
  everythingIsDue,
  openBusiness,
  owedTo,
  paidFor,
  type PayeeWish,
  payoutBecomes,
  sell,
  startPaying,
  sweep,
  tell,
} from '../../workflows/fixture.ts';

/** After each of these it is unknown at first whether the call was carried out. `429` says that it was not. */
const UNCLEAR = faultsOf('wise', 'unclear').concat('429');
/** Every call that asks for a batch or for a part of it. */
const BATCH_CALLS = [
  { provider: 'paypal', method: 'POST', path: '/v1/payments/payouts$' },
  { provider: 'wise', method: 'POST', path: 'batch-groups$' },
  { provider: 'wise', method: 'POST', path: 'batch-groups/[^/]+/transfers$' },
  { provider: 'wise', method: 'PATCH', path: 'batch-groups/' },
  { provider: 'wise', method: 'POST', path: 'batch-payments/' },
] as const;
const AMOUNT = '10.00';
const BATCH_MAX = 3;

let world: World;
let company: Company;
beforeAll(async () => {
  world = await openWorld({ batchItemsMax: BATCH_MAX, itemsPerPage: 2, askTimeoutMs: 2_000, wiseReturnWindowMs: 0 });
  company = await openCompany(world);
});
afterEach(() => calm(world));
afterAll(() => world.close());

const open = async (code: string, wishes: readonly PayeeWish[]): Promise<Business> => {
  const business = await openBusiness(company, { code });
  await addPayees(business, wishes);
  return business;
};

const many = (count: number, method: 'bank' | 'paypal'): PayeeWish[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${method}${index}`, method, amount: AMOUNT }));

const batchesOf = (run: RunSeen): Promise<readonly Batch[]> => listRunBatches(world.db, run.id, null, 100);

const batchBecomes = (run: RunSeen, ...states: readonly string[]) =>
  eventually(`a batch of ${run.id} becomes ${states.join(' or ')}`, async () =>
    (await batchesOf(run)).find(({ state }) => states.includes(state)),
  );

/** Reads the providers' own books. */
async function allArePaidOnce(business: Business, run: RunSeen, count: number): Promise<void> {
  const payouts = await allBecome(business, run, 'settled');
  const paid = await Promise.all(payouts.map(({ id }) => paidFor(world, id)));
  expect(paid).toEqual(Array.from({ length: count }, () => [AMOUNT]));
}

const openTasks = (subject: string) =>
  listTasks(world.db, { isOpen: true }, null, 100).then((tasks) => tasks.filter((task) => task.subject === subject));

const resume = (gateway: string) => company.operator.api.post(`/v1/gateways/${gateway}/resume`, {});
const pause = (gateway: string) => company.operator.api.post(`/v1/gateways/${gateway}/pause`, { reason: 'a test' });

/** Does what a person does at Wise. */
async function fundAtWise(path: string): Promise<void> {
  const response = await fetch(`${world.sandbox.wise.url}/v3/profiles/1001/${path}/payments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.sandbox.secrets.wise.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'BALANCE' }),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

const setFunding = (funding: 'balance' | 'person') =>
  company.operator.api.put('/v1/payers/acme/gateways/bank', {
    gateway: 'wise',
    accountRef: 'Wise',
    settings: { profileId: '1001', funding },
  });

describe('given a run whose payouts are asked for in batches', () => {
  it('when every unclear fault strikes each call of a batch, and its pages are empty, then each payout is paid once', async () => {
    const count = UNCLEAR.length * BATCH_MAX + 1; // the last one of each gateway goes alone
    const business = await open('unclear', [...many(count, 'paypal'), ...many(count, 'bank')]);
    for (const { provider, ...call } of BATCH_CALLS)
      for (const fault of UNCLEAR) await tell(world, provider, 'faults', { ...call, fault });
    const pages = { method: 'GET', path: '/v1/payments/payouts/' };
    for (const fault of ['empty-page', '429', 'drop-before-commit'])
      await tell(world, 'paypal', 'faults', { ...pages, fault });
    const run = await startPaying(business);

    await allArePaidOnce(business, run, 2 * count);

    expect(await batchesOf(run)).toHaveLength(2 * UNCLEAR.length);
  });

  it('when PayPal refuses a batch because of one payment then that payout fails with the reason, and the others go in a new batch', async () => {
    const business = await open('one-bad', [
      ...many(2, 'paypal'),
      { name: 'bad', method: 'paypal', receiver: 'bad@refused.example', amount: AMOUNT },
    ]);

    const run = await startPaying(business);
    await allBecome(business, run, 'settled', 'failed');

    const bad = await payoutBecomes(business, run, 'bad', 'failed');
    expect(bad).toMatchObject({ statusReason: 'RECEIVER_INVALID' });
    expect(await owedTo(business, 'bad')).toBe(1000n);
    expect(await paidFor(world, bad.id)).toEqual([]);
    const others = (await listRunPayouts(company, run.id)).filter(({ id }) => id !== bad.id);
    expect(await Promise.all(others.map(({ id }) => paidFor(world, id)))).toEqual([[AMOUNT], [AMOUNT]]);
    await batchBecomes(run, 'done'); // a webhook may settle its payments first
    const batches = (await batchesOf(run)).toSorted((a, b) => a.number - b.number);
    expect(batches).toMatchObject([
      { number: 1, state: 'failed', itemCount: 3 },
      { number: 2, state: 'done', itemCount: 2 },
    ]);
  });

  /** Details that Wise refuses, although no check of ours finds anything wrong: the API would not take them. */
  async function addRefusedAccount(code: string): Promise<void> {
    const partner = await getPartner(world.db, code);
    const account = { method: 'bank', holder: 'Holder bad', currency: 'USD', country: 'US' } as const;
    const destination = { ...account, details: { type: 'aba', abartn: '021000021' } };
    const by = await world.db.oneFirst(
      sql.type(z.object({ id: z.string() }))`select id from actor where code = 'olga'`,
    );
    await addInstrument(world.db, VAULT, { partner, destination }, { coolingOffDays: 0, by, givenBy: 'company' });
  }

  it('when Wise refuses one payee then that payout fails alone, and the rest of its group is paid', async () => {
    const business = await open('bad-bank', many(2, 'bank'));
    await company.operator.api.post('/v1/partners/batch', {
      partners: [
        {
          code: codeOf(business, 'bad'),
          name: 'Partner bad',
          kind: 'reseller',
          country: 'US',
          agreements: [{ program: business.code, plan: 'all', startsOn: '2020-01-01' }],
        },
      ],
    });
    await addRefusedAccount(codeOf(business, 'bad'));
    await sell(business, [{ name: 'bad', amount: AMOUNT }]);

    const run = await startPaying(business);
    const bad = await payoutBecomes(business, run, 'bad', 'failed');
    const payouts = await allBecome(business, run, 'settled', 'failed');

    expect(payouts.map(({ status }) => status).toSorted()).toEqual(['failed', 'settled', 'settled']);
    expect(await paidFor(world, bad.id)).toEqual([]);
    expect(await owedTo(business, 'bad')).toBe(1000n);
  });

  it('when the gateway is paused then it is not asked, and after the resume it is asked once, however many callers try', async () => {
    const business = await open('paused', many(3, 'paypal'));
    await pause('paypal');
    const before = (await booksOf(world, 'paypal')).length;
    const run = await startPaying(business);
    const { id } = await batchBecomes(run, 'prepared');
    expect(await world.activities.advanceBatch(id)).toMatchObject({ state: 'prepared' });
    expect((await booksOf(world, 'paypal')).length).toBe(before);

    await resume('paypal');
    await Promise.all(Array.from({ length: 6 }, () => world.activities.advanceBatch(id)));
    await everythingIsDue(world);
    await sweep(world);

    await allArePaidOnce(business, run, 3);
  });

  it('when our money runs out then the gateway is paused with one alarm, and the same batch continues after the resume', async () => {
    const business = await open('poor', many(3, 'paypal'));
    await tell(world, 'paypal', 'balance', { currency: 'USD', amount: '1.00' });
    const run = await startPaying(business);
    await eventually('an alarm is raised', async () =>
      (await alarmsOf(business)).some(({ subject }) => subject === 'gateway/paypal'),
    );
    await tell(world, 'paypal', 'balance', { currency: 'USD', amount: '1000000.00' });

    await resume('paypal');
    await sweep(world);

    await allArePaidOnce(business, run, 3);
    expect(await batchesOf(run)).toHaveLength(1);
  });

  it('when staff read a run then it shows its batches with their payouts, and a payout shows its batch', async () => {
    const business = await open('shown', many(3, 'paypal'));
    const run = await startPaying(business);
    const [payout] = await allBecome(business, run, 'settled');

    const { items } = await company.auditor.api.get<{ items: { id: string }[] }>(`/v1/runs/${run.id}/batches`);
    expect(items).toMatchObject([{ gateway: 'paypal', number: 1, items: 3, total: '30.00', payouts: { settled: 3 } }]);
    const seen = await company.auditor.api.get<{ attempts: object[] }>(`/v1/payouts/${payout?.id}`);
    expect(seen.attempts).toMatchObject([{ batchId: items[0]?.id }]);
  });

  it('when the caller dies before the reply is recorded, and its workflow is gone, then the sweep has it resolved', async () => {
    const business = await open('forgotten', many(3, 'paypal'));
    await pause('paypal');
    const run = await startPaying(business);
    const { id } = await batchBecomes(run, 'prepared');
    const workflow = world.temporal.workflow.getHandle(batchWorkflowId(id));
    await eventually('its workflow was started', () => workflow.describe().catch(() => null)); // after the batch is committed
    await world.workers.pause(); // none may do what this test does
    await workflow.terminate('a test');
    await resume('paypal');
    const doomed = activitiesWith(dyingAfterSubmit(world.gateways));
    await expect(doomed.advanceBatch(id)).rejects.toThrow('killed');
    expect((await batchesOf(run)).map(({ state }) => state)).toEqual(['submitted']);
    await world.workers.start();

    await everythingIsDue(world);
    await sweep(world);

    await allArePaidOnce(business, run, 3);
  });
});

describe('given a batch to which PayPal never replied, and which may not be asked for again', () => {
  it('when two people have decided that none of its payouts was paid then their lines are free, and the batch has ended', async () => {
    const business = await open('never-answered', many(2, 'paypal'));
    await pause('paypal');
    const run = await startPaying(business);
    const { id } = await batchBecomes(run, 'prepared');
    await world.workers.pause();
    await resume('paypal');
    await tell(world, 'paypal', 'faults', { method: 'POST', path: 'payouts$', fault: 'drop-before-commit' });
    const settings = gatewaySettingsOf(world.sandbox, world.dir);
    const late = activitiesWith(createGateways(settings, { now: () => new Date(Date.now() + 26 * DAY_MS) }));
    expect(await late.advanceBatch(id)).toMatchObject({ state: 'unknown' });
    expect(await late.advanceBatch(id)).toMatchObject({ state: 'unknown' });

    expect(await openTasks(`batch/${id}`)).toMatchObject([{ kind: 'outcome_unknown' }]);
    for (const payout of await listRunPayouts(company, run.id)) {
      expect(await openTasks(`payout/${payout.id}`)).toMatchObject([{ kind: 'outcome_unknown' }]);
      const evidence = 'PayPal wrote that it knows no such batch';
      const path = `/v1/payouts/${payout.id}/resolution`;
      await company.operator.api.post(path, { outcome: 'not_paid', evidence });
      await company.approver.api.post(`${path}/decision`, { decision: 'confirm' });
      await late.advancePayout(payout.id);
    }

    expect(await late.advanceBatch(id)).toMatchObject({ state: 'done', isFinal: true });
    expect(await openTasks(`batch/${id}`)).toEqual([]);
    expect((await listRunPayouts(company, run.id)).map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(await owedTo(business, 'paypal0')).toBe(1000n);
    await world.workers.start();
  });
});

/** A provider that was asked, and whose reply was not recorded. */
function dyingAfterSubmit(gateways: Gateways): Gateways {
  const { batches } = gateways.paypal;
  const submit: BatchGateway['submit'] = async (...asked) => {
    await batches?.submit(...asked);
    throw new Error('killed');
  };
  return { ...gateways, paypal: { ...gateways.paypal, ...(batches ? { batches: { ...batches, submit } } : {}) } };
}

const activitiesWith = (gateways: Gateways) =>
  createActivities({
    db: world.db,
    temporal: world.temporal,
    mailer: createMailer(world.sandbox.mail.smtpUrl, 'Bursar <payouts@localhost>'),
    sendWebhook: async () => 204,
    publicUrl: 'https://bursar.example.test',
    log: { error: () => {} },
    addresses: { finance: 'finance@example.test', operators: 'operators@example.test' },
    gateways,
    vault: VAULT,
    returnWindows: RETURN_WINDOWS_DEFAULT,
    firstPollMs: 200,
    activePayoutsMax: 200,
    askTimeoutMs: 2_000,
  });

describe('given transfers at Wise that only a person may fund', () => {
  afterEach(() => setFunding('balance'));

  it.each([
    { why: 'our token may not', code: 'draft', prepare: () => setFunding('person') },
    {
      why: 'Wise wants strong authentication',
      code: 'sca',
      prepare: () => tell(world, 'wise', 'faults', { method: 'POST', path: 'batch-payments/', fault: '403-sca' }),
    },
  ])(
    'when $why then finance gets one task for the batch, and once it is funded its payouts go on and the task is closed',
    async ({ code, prepare }) => {
      const business = await open(code, many(3, 'bank'));
      await prepare();
      const run = await startPaying(business);
      const batch = await batchBecomes(run, 'needs_person');
      const tasks = await openTasks(`batch/${batch.id}`);
      expect(tasks).toMatchObject([{ kind: 'provider_approval' }]);
      expect(tasks[0]?.detail).toContain('3 transfers, 30.00 USD');
      for (const { id } of await listRunPayouts(company, run.id)) {
        await world.activities.advancePayout(id);
        expect(await openTasks(`payout/${id}`)).toEqual([]); // no person is asked about the outcome of a draft that may still be funded
      }
      expect((await alarmsOf(business)).filter(({ subject }) => subject.includes(batch.id))).toEqual([]);

      await fundAtWise(`batch-payments/${batch.providerRef}`);

      await allArePaidOnce(business, run, 3);
      await eventually('the task is closed', async () => (await openTasks(`batch/${batch.id}`)).length === 0);
    },
  );

  it('when an hour passes without a poll and a person funds it then a webhook about one transfer closes the task at once', async () => {
    const business = await open('news', many(2, 'bank'));
    await setFunding('person');
    const run = await startPaying(business);
    const batch = await batchBecomes(run, 'needs_person');
    await withClient(world.databaseUrl, async (client) => {
      await client.query('set session_replication_role = replica');
      await client.query(`update provider_batch set state_at = now() - interval '4 hours' where id = $1`, [batch.id]);
    });
    await eventually('it is looked at rarely', () =>
      world.db.maybeOne(sql.unsafe`
        select id from provider_batch where id = ${batch.id} and due_at > now() + interval '30 minutes'`),
    );

    await fundAtWise(`batch-payments/${batch.providerRef}`);

    await eventually('the task is closed', async () => (await openTasks(`batch/${batch.id}`)).length === 0);
    await allArePaidOnce(business, run, 2);
  });

  it('when it is a payout without a batch then the task is about the payout, and closes in the same way', async () => {
    const business = await open('draft-one', many(1, 'bank'));
    await setFunding('person');
    const run = await startPaying(business);
    const [payout] = await listRunPayouts(company, run.id);
    const subject = `payout/${payout?.id}`;
    await eventually('finance has a task', async () => (await openTasks(subject)).length === 1);
    await world.activities.advancePayout(payout?.id ?? '');
    expect(await openTasks(subject)).toMatchObject([{ kind: 'provider_approval' }]);
    const reference = await world.db.oneFirst(
      sql.unsafe`select provider_ref from payout_attempt where payout_id = ${payout?.id ?? ''}`,
    );

    await fundAtWise(`transfers/${reference}`);

    await allArePaidOnce(business, run, 1);
    expect(await openTasks(subject)).toEqual([]);
  });
});

describe('given that everything has ended', () => {
  it('then ledger, statements and the providers’ books agree, every invariant holds, and nothing is in transit', async () => {
    expect(await reconcileToday(world, company)).toEqual([]);
    expect((await listBalances(world.db, 'payout:in_transit')).filter(({ minor }) => minor !== 0n)).toEqual([]);
    const { wise, paypal, lob, bank } = world.sandbox;
    expect(await checkInvariants(world.db, { books: [wise, paypal, lob, bank].map(({ url }) => url) })).toEqual([]);
  });
});
