import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { listDatedVersions } from '../../../db/programs/plans.ts';
import { readTerms } from '../../../db/programs/terms.ts';
import { type Api, setUpShop, startApi, TERMS } from '../api.ts';

const PLAN = '/v1/programs/shop/plans/standard';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
});
afterAll(() => api.stop());

const percent = (rate: string) => ({
  ...TERMS,
  incentives: [{ id: 'commission', pay: { rule: 'percent', percent: rate } }],
});
const addVersion = (rate: string, effectiveFrom?: string) =>
  api.ask('POST', `${PLAN}/versions`, { body: { terms: percent(rate), ...(effectiveFrom && { effectiveFrom }) } });
const withdraw = (version: number) =>
  api.ask('POST', `${PLAN}/versions/${version}/withdraw`, { body: { reason: 'a mistyped year' } });

/** The rates that accrual would choose from, the latest first. */
async function ratesInForce(): Promise<unknown[]> {
  const program = await api.db.oneFirst(sql.type(z.object({ id: z.number() }))`select id from program`);
  const versions = await listDatedVersions(api.db, program);
  const termsOf = await readTerms(
    api.db,
    versions.map(({ id }) => id),
  );
  return versions.map(({ id }) => {
    const pay = termsOf(id).incentives[0]?.pay;
    return pay?.rule === 'percent' && pay.percent;
  });
}

describe('given a version of a plan that is dated far in the future', () => {
  beforeAll(async () => {
    await addVersion('99', '9999-01-01T00:00:00Z');
  });

  it('when another version is added before it then that one is taken', async () => {
    expect((await addVersion('11')).body).toMatchObject({ version: 3, withdrawnAt: null });
    expect((await addVersion('12', '2099-01-01T00:00:00Z')).body).toMatchObject({ version: 4 });
    expect(await ratesInForce()).toEqual(['99', '12', '11', '10']);
  });

  it('when a version would be effective before the one that is effective now then it is refused', async () => {
    expect((await addVersion('5', '2026-01-01T00:00:00Z')).body).toMatchObject({
      status: 400,
      errors: [{ field: 'effectiveFrom', reason: expect.stringContaining('version 3 is effective') as string }],
    });
  });

  it('when it is withdrawn then nobody ever earns by it, and the audit log says who withdrew it and why', async () => {
    const first = await withdraw(2);
    expect(first.body).toMatchObject({ version: 2, withdrawnAt: expect.any(String) as string });
    expect((await withdraw(2)).body).toEqual(first.body);
    expect(await ratesInForce()).toEqual(['12', '11', '10']);
    const { body } = await api.ask('GET', '/v1/audit?subject=program/shop/plan/standard');
    expect(body['items']).toContainEqual(
      expect.objectContaining({
        action: 'plan.withdraw_version',
        actor: api.operator.actor.code,
        detail: { version: 2, reason: 'a mistyped year' },
      }),
    );
  });

  it('when a version with the same instant is added then it takes the place of the other', async () => {
    await addVersion('13', '2099-01-01T00:00:00Z');
    expect((await ratesInForce())[0]).toBe('13');
  });
});

describe('given a version that is effective', () => {
  it('when somebody withdraws it then that is refused by the API and by the database', async () => {
    expect((await withdraw(3)).body).toMatchObject({ status: 409, code: 'plan_version_effective' });
    const insert = sql.unsafe`
      insert into plan_version_withdrawal(plan_version_id, reason) select id, 'no' from plan_version where version = 3`;
    await expect(api.db.query(insert)).rejects.toThrow('it is effective, or about to be');
  });
});

describe('given terms by which nobody can earn', () => {
  const steps = [{ from: '0', percent: '0' }];
  it.each([
    { field: 'pay.percent', incentive: { pay: { rule: 'percent', percent: '0.00' } } },
    { field: 'pay.amount', incentive: { pay: { rule: 'flat', amount: '0.00' }, unit: 'USD' } },
    { field: 'pay.most', incentive: { pay: { rule: 'percent', percent: '5', most: '0' }, unit: 'USD' } },
    {
      field: 'pay.steps[0].percent',
      incentive: { window: 'month', unit: 'USD', pay: { rule: 'steps', mode: 'cliff', steps } },
    },
    {
      field: 'when.until',
      incentive: { when: { until: '2026-02-01' }, pay: { rule: 'percent', percent: '10' } },
    },
    {
      field: 'when.event.category',
      incentive: { when: { event: { category: ['router'] } }, pay: { rule: 'percent', percent: '10' } },
    },
    {
      field: 'groupBy',
      incentive: { groupBy: 'buyer', first: { events: 1 }, pay: { rule: 'percent', percent: '10' } },
    },
    {
      field: 'when.partner.facts.mood',
      incentive: { when: { partner: { facts: { mood: ['good'] } } }, pay: { rule: 'percent', percent: '10' } },
    },
    {
      field: 'when.partner',
      incentive: { when: { partner: {} }, pay: { rule: 'percent', percent: '10' } },
    },
    {
      field: 'measure',
      incentive: { measure: 'quantity - tax', pay: { rule: 'percent', percent: '10' } },
    },
    { field: 'measure', incentive: { measure: 'quantity', pay: { rule: 'percent', percent: '10' } } },
    {
      field: 'window',
      incentive: {
        measure: 'count',
        unit: 'USD',
        pay: { rule: 'steps', mode: 'cliff', steps: [{ from: '3', amount: '10.00' }] },
      },
    },
  ])('when they are saved then they are refused, and $field is named', async ({ field, incentive }) => {
    const terms = { ...TERMS, incentives: [{ id: 'commission', ...incentive }] };
    const { status, body } = await api.ask('POST', `${PLAN}/versions`, { body: { terms } });
    expect(status).toBe(400);
    expect(body['errors']).toEqual([
      expect.objectContaining({ field: `terms.incentives[0].${field}`, reason: expect.any(String) as string }),
    ]);
  });

  it('when the program declares the attribute first then a filter by it is saved', async () => {
    const declared = await api.ask('POST', '/v1/programs/shop/attributes', { body: { attributes: ['category'] } });
    expect(declared.body).toMatchObject({ attributes: ['category'] });
    const incentive = {
      id: 'routers',
      when: { event: { category: ['router'] } },
      pay: { rule: 'percent', percent: '10' },
    };
    const { status } = await api.ask('POST', `${PLAN}/versions`, {
      body: { terms: { ...TERMS, incentives: [incentive] } },
    });
    expect(status).toBe(201);
  });
});
