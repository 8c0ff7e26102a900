import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { listRunBatches } from '../../db/payouts/batches.ts';
import { batchWorkflowId, payoutWorkflowId, runWorkflowId } from '../../temporal/messages.ts';
import { addSteps } from '../../workflows/steps.ts';
import { type Company, openCompany } from '../fixtures/company.ts';
import { eventually } from '../fixtures/eventually.ts';
import { runBecomes } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import {
  addPayees,
  allBecome,
  attemptBecomes,
  calm,
  mailChecks,
  openBusiness,
  payoutBecomes,
  payoutOf,
  startPaying,
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

/** The current details of a workflow, as Temporal's page shows them. */
const detailsOf = async (workflowId: string): Promise<string> => {
  const handle = world.temporal.workflow.getHandle(workflowId);
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return currentDetails;
};

/** The headline of the details, and the steps without their times, after each of them is seen to have one. */
function readStory(details: string): { headline: string; steps: string[] } {
  const [headline = '', ...lines] = details.split('\n');
  const steps = lines.filter((line) => line.startsWith('- '));
  for (const step of steps) expect(step).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
  return {
    headline,
    steps: steps.map((step) => step.replace('- ', '').replace(/ ?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ?/, '')),
  };
}

describe('given an operator who looks at a workflow in the Temporal UI', () => {
  it('when a payout has settled then its details tell the freeze, the request and each new reply, newest last', async () => {
    const business = await openBusiness(company, { code: 'ended' });
    await addPayees(business, [{ name: 'ann', method: 'bank', amount: '10.00' }]);
    const run = await startPaying(business);
    const { id } = await payoutBecomes(business, run, 'ann', 'settled');
    await world.temporal.workflow.getHandle(payoutWorkflowId(id)).result();

    const { headline, steps } = readStory(await detailsOf(payoutWorkflowId(id)));

    expect(headline).toBe('**settled**: attempt settled, wise reports outgoing_payment_sent');
    expect(steps.slice(0, 2)).toEqual(['frozen', 'asked']);
    expect(steps[2]).toMatch(/^wise replied /);
    expect(steps.at(-1)).toBe('wise replied outgoing_payment_sent');
    expect(steps).toEqual([...new Set(steps)]);
  });

  it('when a payout waits then its details also tell when it looks next', async () => {
    const business = await openBusiness(company, { code: 'waiting' });
    await addPayees(business, [{ name: 'ann', method: 'check', amount: '11.00' }]);
    await tell(world, 'bank', 'outcomes', { match: 'Holder waiting-ann', outcome: 'never-cleared' });
    const run = await startPaying(business);
    await mailChecks(business, run, 'ann');
    const { id } = await payoutOf(business, run, 'ann');
    await attemptBecomes(business, id, 'sent');

    const { headline, steps } = await eventually('its workflow has seen that it was sent', async () => {
      const story = readStory(await detailsOf(payoutWorkflowId(id)));
      return story.headline.startsWith('**sent**') && story;
    });

    expect(headline).toBe('**sent**: attempt sent, printed-check reports issued');
    expect(steps.slice(0, 2)).toEqual(['frozen', 'asked']);
    expect(steps.at(-2)).toBe('printed-check replied issued');
    expect(steps.at(-1)).toBe('next look');
  });

  it('when a gateway is paused then the details of its payout tell that the pause holds it back', async () => {
    const business = await openBusiness(company, { code: 'held' });
    await addPayees(business, [{ name: 'ann', method: 'paypal', amount: '12.00' }]);
    await company.operator.api.post('/v1/gateways/paypal/pause', { reason: 'for a moment' });
    const run = await startPaying(business);
    const { id } = await payoutBecomes(business, run, 'ann', 'executing');

    const details = await eventually('its workflow has seen the pause', async () => {
      const story = await detailsOf(payoutWorkflowId(id)).catch(() => '');
      return story.includes('held back') && story;
    });

    expect(readStory(details)).toEqual({
      headline: '**executing**: attempt prepared, held back by a pause or by finance',
      steps: ['frozen', 'next look'],
    });
    await company.operator.api.post('/v1/gateways/paypal/resume', {});
  });

  it('when payouts go in a batch then the batch tells its own story, and the run its statuses and decisions', async () => {
    const business = await openBusiness(company, { code: 'together' });
    await addPayees(business, [
      { name: 'ann', method: 'bank', amount: '13.00' },
      { name: 'bob', method: 'bank', amount: '14.00' },
    ]);
    const run = await startPaying(business);
    await allBecome(business, run, 'settled');
    await runBecomes(company, run.id, 'disbursed');
    const [batch] = await listRunBatches(world.db, run.id, null, 10);
    if (!batch) throw new Error('no batch was formed');
    await world.temporal.workflow.getHandle(batchWorkflowId(batch.id)).result();
    await world.temporal.workflow.getHandle(runWorkflowId(run.id)).result();

    const { headline, steps } = readStory(await detailsOf(batchWorkflowId(batch.id)));
    expect(headline).toMatch(/^\*\*done\*\*: 2 payouts, wise reports /);
    expect(steps[0]).toBe('asked');
    expect(steps).toContain('2 payouts now follow their own payments');

    const approver = company.approver.id;
    expect(readStory(await detailsOf(runWorkflowId(run.id)))).toEqual({
      headline: 'disbursed',
      steps: ['review', `${approver} decided: approve`, 'approved', 'disbursing', 'disbursed'],
    });
  });
});

describe('given the steps that a workflow keeps', () => {
  const at = (minute: number) => `2026-11-27T12:${String(minute).padStart(2, '0')}:00.000Z`;
  const kept = [
    { at: at(0), what: 'asked' },
    { at: at(1), what: 'wise replied processing' },
  ];

  it('when a poll brings the same reply then it takes the place of the last one', () => {
    const again = { at: at(9), what: 'wise replied processing' };
    expect(addSteps(kept, [again])).toEqual([kept[0], again]);
  });

  it('when a poll brings another reply then it is added, newest last', () => {
    const next = { at: at(9), what: 'wise replied outgoing_payment_sent' };
    expect(addSteps(kept, [next])).toEqual([...kept, next]);
  });

  it('when there are more than twenty then the oldest are dropped', () => {
    const many = Array.from({ length: 25 }, (_, index) => ({ at: at(index), what: `step ${index}` }));
    expect(addSteps([], many)).toEqual(many.slice(5));
  });

  it('when an activity of an older worker returned no steps then those before are kept', () => {
    expect(addSteps(kept, undefined)).toEqual(kept);
  });
});
