import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { checkInvariants } from '../../scripts/check-invariants.ts';
import { type Company, openCompany } from '../fixtures/company.ts';
import { eventually } from '../fixtures/eventually.ts';
import { eventsAreAccrued } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import { addPayees, openBusiness, owedTo } from './fixture.ts';

let world: World;
let company: Company;

beforeAll(async () => {
  world = await openWorld();
  company = await openCompany(world);
});
afterAll(() => world.close());

describe('given sales that earned the whole of them, and terms of 50 % for their days that were saved later', () => {
  it('when two people agree to the preview of its workflow then the workflow books the difference', async () => {
    const business = await openBusiness(company, { code: 'rated' });
    await addPayees(business, [{ name: 'ann', method: 'bank', amount: '20.00' }]);
    await eventsAreAccrued(company);
    const { operator, approver } = company;
    await operator.api.post('/v1/programs/rated/plans/all/versions', {
      effectiveFrom: '2026-02-01T00:00:00Z',
      terms: {
        holdDays: 0,
        rounding: 'half-even',
        incentives: [{ id: 'half', pay: { rule: 'percent', percent: '50' } }],
      },
    });
    const { id } = await operator.api.post<{ id: string }>('/v1/programs/rated/re-ratings', {
      from: '2026-02-01',
      until: '2026-03-01',
      reason: 'Half was agreed',
    });
    const becomes = (status: string) =>
      eventually(`the re-rating is ${status}`, async () => {
        const found = await operator.api.get<{ status: string }>(`/v1/re-ratings/${id}`);
        return found.status === status;
      });
    await becomes('proposed');
    expect(await owedTo(business, 'ann')).toBe(2000n);
    await approver.api.post(`/v1/re-ratings/${id}/decision`, { decision: 'confirm' });
    await becomes('done');
    expect(await owedTo(business, 'ann')).toBe(1000n);
    expect(await checkInvariants(world.db)).toEqual([]);
  });
});
