import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';

import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { listRunBatches } from '../../db/payouts/batches.ts';
import * as workflows from '../../workflows/index.ts';
import {
  accrualWorkflowId,
  auditWorkflowId,
  backTestWorkflowId,
  batchWorkflowId,
  decisionWorkflowId,
  payoutWorkflowId,
  reRatingWorkflowId,
  runWorkflowId,
  TASK_QUEUES,
} from '../../temporal/messages.ts';
import { type Company, openCompany } from '../fixtures/company.ts';
import { eventually } from '../fixtures/eventually.ts';
import { reconcileToday, runBecomes } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import {
  addPayees,
  allBecome,
  type Business,
  codeOf,
  decide,
  openBusiness,
  payoutOf,
  prepare,
  tell,
} from './fixture.ts';

/**
 * Real histories, one file each. They must replay with the workflows as they are now, or running workflows would break at the next
 * deploy. After an intended change, `RECORD_HISTORIES=1 npx vitest run test/workflows/replay.test.ts` records them again, and
 * `npm run format` formats them.
 */
const HISTORIES = fileURLToPath(new URL('./histories', import.meta.url));
const isRecording = process.env['RECORD_HISTORIES'] === '1';

/** The personal data and amounts of the month below, none of which may reach Temporal. */
const SECRETS = [
  /12345678/,
  /021000021/,
  /@example\.test/,
  /Holder/,
  /Partner p/,
  /Main Street/,
  /731\.19/,
  /(?<![\w.-])73119(?![\w-])/, // a number of its own: ids and times may contain these digits by chance
];

let world: World;
let business: Business;
const recorded = new Map<string, string>();

/** One month with every workflow, every gateway of the company, a refusal, a pause and a payment that fails. */
async function tellStory(): Promise<void> {
  const company = await openCompany(world);
  business = await openBusiness(company, { code: 'story', approvalsRequired: 2 });
  await addPayees(business, [
    { name: 'bank', method: 'bank', amount: '731.19' },
    { name: 'paypal', method: 'paypal', amount: '731.19' },
    { name: 'check', method: 'check', amount: '731.19' },
    { name: 'failed', method: 'paypal', receiver: 'failed@example.test', amount: '731.19' },
    { name: 'returned', method: 'bank', holder: 'Holder Bounce', amount: '731.19' },
    { name: 'inexpressible', method: 'check', holder: 'Holder 株式会社', amount: '731.19' },
  ]);
  const nobody = { url: 'http://localhost:9/', events: ['run.approved'] };
  await company.operator.api.post('/v1/webhook-endpoints', nobody);
  await tell(world, 'wise', 'faults', { fault: 'commit-then-502', method: 'POST', path: 'payments$' });
  const run = await prepare(business);
  await decide(company.preparer, run);
  await decide(company.approver, run);
  await decide(await world.person('bella', 'approver'), run);
  await allBecome(business, run, 'settled', 'failed', 'returned');
  await runBecomes(company, run.id, 'disbursed');
  await reconcileToday(world, company);

  const byHand = { taskQueue: TASK_QUEUES.main };
  await world.temporal.workflow.execute('sweep', { ...byHand, workflowId: 'sweep' });
  await world.temporal.workflow.execute('mail', { ...byHand, workflowId: 'mail' });
  await world.temporal.workflow.execute('webhooks', { ...byHand, workflowId: 'webhooks' });
  await world.temporal.workflow.execute('runTrigger', { ...byHand, workflowId: 'run-trigger', args: ['story'] });
  await world.temporal.workflow.execute('nightlyReconciliation', { ...byHand, workflowId: 'nightly-reconciliation' });
  await world.temporal.workflow.execute('nightlyInvariants', { ...byHand, workflowId: 'nightly-invariants' });
  await world.temporal.workflow.execute('checkDesk', { ...byHand, workflowId: 'check-desk' });
  await world.temporal.workflow.execute('monthlyAudits', { ...byHand, workflowId: 'monthly-audits' });
  const dealId = await playDeal(company);
  const lookedBack = await playLookingBack(company);
  const payouts = await Promise.all(
    ['bank', 'paypal', 'check', 'failed', 'returned', 'inexpressible'].map(
      async (name) => [`payout-${name}`, payoutWorkflowId((await payoutOf(business, run, name)).id)] as const,
    ),
  );
  const day = new Date().toISOString().slice(0, 10);
  const batches = (await listRunBatches(world.db, run.id, null, 10)).map(
    ({ gateway, id }) => [`batch-${gateway}`, batchWorkflowId(id)] as const,
  );
  const others = [
    'sweep',
    'mail',
    'webhooks',
    'run-trigger',
    'nightly-reconciliation',
    'nightly-invariants',
    'check-desk',
    'monthly-audits',
  ].map((id) => [id, id] as const);
  await record([
    ...payouts,
    ...batches,
    ...others,
    ['run', runWorkflowId(run.id)],
    ['decision', decisionWorkflowId('deal', dealId)],
    ...lookedBack,
    ['accrual', accrualWorkflowId({ program: 'story', shard: 0 })],
    ['reconciliation', `reconciliation/wise/${day}`],
  ]);
}

/** A deal that the policy protects, and that is withdrawn. */
async function playDeal({ operator: { api } }: Company): Promise<string> {
  const policy = { rules: [{ title: 'all', automatic: 'approve', grants: { protectionDays: 30 } }] };
  await api.post('/v1/programs/story/policies/deal', { policy });
  const { id } = await api.post<{ id: string }>('/v1/deals', {
    program: 'story',
    partner: codeOf(business, 'bank'),
    customer: 'Holder Kim',
    domain: 'kim.example',
    country: 'US',
    productLines: ['routers'],
    currency: 'USD',
    amount: '731.19',
    expectedClose: '2099-01-01',
  });
  await api.post(`/v1/deals/${id}/withdraw`, { reason: 'They went away' });
  return id;
}

/** An audit of a month, a draft of terms that is tried on past events, and days that are worked out again. */
async function playLookingBack({ operator: { api } }: Company): Promise<[string, string][]> {
  const ask = async (path: string, body: object) =>
    (await api.post<{ id: string }>(`/v1/programs/story/${path}`, body)).id;
  const incentives = [{ id: 'commission', pay: { rule: 'percent', percent: '1' } }];
  const terms = { holdDays: 0, rounding: 'half-even', incentives };
  return [
    ['audit', auditWorkflowId(await ask('audits', { month: '2026-01', controls: [] }))],
    [
      'back-test',
      backTestWorkflowId(await ask('plans/all/back-tests', { terms, from: '2026-01-01', until: '2026-02-01' })),
    ],
    [
      're-rating',
      reRatingWorkflowId(await ask('re-ratings', { from: '2026-01-01', until: '2026-02-01', reason: 'Again' })),
    ],
  ];
}

async function record(ids: readonly (readonly [string, string])[]): Promise<void> {
  for (const [name, id] of ids) {
    const handle = world.temporal.workflow.getHandle(id);
    await handle.result();
    recorded.set(name, withoutMachine(historyToJSON(await handle.fetchHistory())));
  }
  if (!isRecording) return;
  await rm(HISTORIES, { recursive: true, force: true });
  await mkdir(HISTORIES, { recursive: true });
  for (const [name, history] of recorded) await writeFile(`${HISTORIES}/${name}.json`, `${history}\n`);
}

/** Removes the name of the machine. */
const withoutMachine = (history: string): string => history.replaceAll(`${process.pid}@${hostname()}`, 'worker');

/** Every text in a history, including those in its payloads. */
const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value, Buffer.from(value, 'base64').toString('utf8')];
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)])
    : [];
};

const secretsIn = (history: string): string[] => {
  const texts = textsIn(JSON.parse(history));
  return SECRETS.filter((secret) => texts.some((text) => secret.test(text))).map(String);
};

const readHistories = async () =>
  Promise.all(
    (await readdir(HISTORIES)).map(async (file) => ({
      workflowId: file,
      text: await readFile(`${HISTORIES}/${file}`, 'utf8'),
    })),
  );

beforeAll(async () => {
  world = await openWorld();
  await tellStory();
});
afterAll(() => world.close());

describe('given the histories of workflows that ran before', () => {
  it('when the current workflows replay them then each does the same again', async () => {
    const histories = (await readHistories()).map(({ workflowId, text }) => ({
      workflowId,
      history: JSON.parse(text),
    }));
    const workflowBundle = { code: await readFile(inject('workflowBundle'), 'utf8') };
    const broken: string[] = [];
    for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories))
      if (error) broken.push(`${workflowId}: ${error.message}`);
    expect(broken).toEqual([]);
  });

  it('when a workflow is added then one of its histories is recorded', async () => {
    const types = (await readHistories()).map(
      ({ text }) => JSON.parse(text).events[0].workflowExecutionStartedEventAttributes.workflowType.name as string,
    );
    expect(new Set(types)).toEqual(new Set(Object.keys(workflows)));
  });
});

describe('given a month with payments that arrive, fail and come back', () => {
  it('when its histories are read then they hold no personal data and no amount', async () => {
    expect(recorded.size).toBeGreaterThan(10);
    expect(
      [...recorded].flatMap(([name, history]) => secretsIn(history).map((secret) => `${secret} in ${name}`)),
    ).toEqual([]);
    const stored = await readHistories();
    expect(
      stored.flatMap(({ workflowId, text }) => secretsIn(text).map((secret) => `${secret} in ${workflowId}`)),
    ).toEqual([]);
  });

  it('when an operator searches for a partner and a state then the payout is found, and says what it is', async () => {
    const query = `PartnerRef = '${codeOf(business, 'bank')}' AND PayoutState = 'settled' AND PayoutGateway = 'wise'`;
    const found = await eventually('the payout is found', async () => {
      for await (const execution of world.temporal.workflow.list({ query })) return execution;
      return undefined;
    });

    expect(found.workflowId).toMatch(/^payout\//);
    const described = await world.temporal.workflow.getHandle(found.workflowId).describe();
    expect(await described.staticSummary()).toBe(`Payout to ${codeOf(business, 'bank')} by bank transfer through wise`);
    expect(described.status.name).toBe('COMPLETED');
  });

  it('when its workflows have ended then none ended in a failure', async () => {
    const endings = [...recorded.values()].map((history) => JSON.parse(history).events.at(-1).eventType as string);
    expect(new Set(endings)).toEqual(new Set(['EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED']));
  });
});
