import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { checkInvariants } from '../../scripts/check-invariants.ts';
import { payoutWorkflowId } from '../../temporal/messages.ts';
import { type Company, IN_PERIOD, openCompany } from '../fixtures/company.ts';
import { eventually } from '../fixtures/eventually.ts';
import { eventsAreAccrued } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import {
  addPayees,
  attemptOf,
  type Business,
  calm,
  codeOf,
  decide,
  openBusiness,
  owedTo,
  paidFor,
  payoutBecomes,
  prepare,
  sell,
  startPaying,
  sweep,
} from './fixture.ts';

let world: World;
let company: Company;

beforeAll(async () => {
  world = await openWorld();
  company = await openCompany(world);
});
afterAll(() => world.close());
beforeEach(() => calm(world));

async function merge(business: Business): Promise<void> {
  const { operator, approver } = company;
  const { id } = await operator.api.post<{ id: string }>(`/v1/partners/${codeOf(business, 'old')}/merge`, {
    into: codeOf(business, 'now'),
    reason: 'One person was enrolled twice',
  });
  await approver.api.post(`/v1/corrections/${id}/decision`, { decision: 'confirm' });
}

const open = async (code: string): Promise<Business> => {
  const business = await openBusiness(company, { code });
  await addPayees(business, [
    { name: 'old', method: 'bank', amount: '20.00' },
    { name: 'now', method: 'bank' },
  ]);
  return business;
};

const atWise = async (path: string): Promise<void> => {
  const headers = { authorization: `Bearer ${world.sandbox.secrets.wise.token}` };
  const response = await fetch(`${world.sandbox.wise.url}${path}`, { headers });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
};

describe('given one person with two accounts', () => {
  it('when a paid sale of the old one was refunded and the new one has earned 50.00 then the next run pays 30.00', async () => {
    const business = await open('twice');
    const first = await startPaying(business);
    await payoutBecomes(business, first, 'old', 'settled');
    await sell(business, [{ name: 'now', amount: '50.00' }]);
    const refund = {
      source: 'shop',
      id: 'twice-back',
      program: 'twice',
      partner: codeOf(business, 'old'),
      kind: 'refund',
      occurredAt: IN_PERIOD,
      refundOf: 'twice-first-old',
    };
    await company.operator.api.post('/v1/events', { events: [refund] });
    await eventsAreAccrued(company);
    expect(await owedTo(business, 'old')).toBe(-2000n);

    await merge(business);

    const next = await startPaying(business);
    const paid = await payoutBecomes(business, next, 'now', 'settled');
    expect(await paidFor(world, paid.id)).toEqual(['30.00']);
    const explained = await company.auditor.api.all<object>(`/v1/payouts/${paid.id}/explanation`);
    expect(explained).toMatchObject([
      { kind: 'sale', amount: '50.00' },
      { source: 'correction', kind: 'transferred', amount: '-20.00', explanation: { kind: 'merge' } },
    ]);
    expect(await owedTo(business, 'old')).toBe(0n);
    expect(await checkInvariants(world.db)).toEqual([]);
  });

  it('when a run with the old one is in review then the merge redraws it, and the money is paid to the new one alone', async () => {
    const business = await open('review');
    const run = await prepare(business);
    await merge(business);
    expect(await decide(company.approver, run)).toBe('run_changed_since_seen');
    await sweep(world);
    const paid = await company.auditor.api.all<{ id: string; partner: string; status: string }>(
      `/v1/runs/${run.id}/payouts`,
    );
    expect(paid.filter(({ status }) => status !== 'cancelled')).toMatchObject([{ partner: codeOf(business, 'now') }]);
  });

  it('when a payment to the old one comes back after the merge then the new one gets the money', async () => {
    const business = await open('bounce');
    const run = await startPaying(business);
    const { id } = await payoutBecomes(business, run, 'old', 'settled');
    expect(await world.temporal.workflow.getHandle(payoutWorkflowId(id)).result()).toBe('settled');
    await merge(business);
    const reference = (await attemptOf(business, id))?.reference;
    await atWise(`/v1/simulation/transfers/${reference}/bounced_back`);
    await atWise(`/v1/simulation/transfers/${reference}/funds_refunded`);
    await payoutBecomes(business, run, 'old', 'returned');
    await eventually('the money follows', async () => {
      await sweep(world);
      return (await owedTo(business, 'now')) === 2000n;
    });
    expect(await owedTo(business, 'old')).toBe(0n);
    expect(await checkInvariants(world.db)).toEqual([]);
  });
});
