import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { listLog } from '../../db/people/audit-log.ts';
import { listBudgets } from '../../db/programs/budgets.ts';
import { findLadder } from '../../db/programs/ladders.ts';
import { listPlans } from '../../db/programs/plans.ts';
import { getProgram, listPrograms } from '../../db/programs/programs.ts';
import { listUnitRates, listUnits } from '../../db/programs/units.ts';
import { type Api, setUpShop, startApi, TERMS } from '../api/api.ts';
import { openVisitor, type Page, type SignedInPerson } from '../fixtures/passkey.ts';

let api: Api;
let olga: SignedInPerson;
let audrey: SignedInPerson;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
  olga = await openVisitor(api, 'olga', ['operator']);
  audrey = await openVisitor(api, 'audrey', ['auditor']);
});
afterAll(() => api.stop());

const programId = async () => (await getProgram(api.db, 'shop')).id;
/** Sends a signed form up to its end, whether a field is refused before or after the signature. */
const send = async (path: string, values: Record<string, string>): Promise<Page> => {
  const first = await olga.post(path, values);
  return first.text.includes('data-options') ? olga.touch(path, first) : first;
};
const signedActs = () =>
  api.db.anyFirst(sql.type(z.object({ act: z.string() }))`
    select substring(statement from '^bursar (.*) content') as act from signature order by id`);

describe('given an operator who adds a program', () => {
  const care = {
    code: 'care',
    name: 'Care',
    schedule: 'monthly',
    partnerKinds: 'reseller, affiliate',
    attributes: 'product',
  };

  it.each([
    { wrong: { name: '' }, status: 400, says: 'Name is missing.' },
    { wrong: { schedule: 'yearly' }, status: 400, says: 'Paid by the schedule is not known.' },
    { wrong: { partnerKinds: 'friend' }, status: 400, says: 'partnerKinds[0]' },
    { wrong: { code: 'shop' }, status: 409, says: 'There is already a program shop.' },
  ])('when the form says $wrong then it comes back with: $says', async ({ wrong, status, says }) => {
    const answer = await olga.post('/new-program', { ...care, ...wrong });
    expect([answer.status, answer.text.includes(says)]).toEqual([status, true]);
    expect(await listPrograms(api.db, null, 10)).toHaveLength(1);
  });

  it('when its fields are right then it is there', async () => {
    expect((await olga.open('/programs')).text).toContain('href="/new-program"');
    expect((await olga.open('/new-program')).text).toContain('monthly');
    expect((await olga.post('/new-program', care)).location).toBe('/programs/care');
    expect(await getProgram(api.db, 'care')).toMatchObject({
      partnerKinds: ['reseller', 'affiliate'],
      attributes: ['product'],
    });
  });
});

describe('given an operator who adds a plan', () => {
  const NEW = '/programs/shop/new-plan';
  const plans = async () => listPlans(api.db, await getProgram(api.db, 'shop'), null, 10);

  it.each([
    { wrong: { code: '' }, status: 400, says: 'Code is missing.' },
    { wrong: { terms: '{"holdDays":14}' }, status: 400, says: 'Line 1: rounding' },
    { wrong: { code: 'standard' }, status: 409, says: 'already has a plan standard' },
  ])('when the form says $wrong then it comes back with: $says', async ({ wrong, status, says }) => {
    const answer = await send(NEW, { code: 'gold', terms: JSON.stringify(TERMS), ...wrong });
    expect([answer.status, answer.text.includes(says)]).toEqual([status, true]);
    expect(await plans()).toHaveLength(1);
  });

  it('when they sign it then partners can earn by it', async () => {
    expect((await olga.open(NEW)).text).toContain('&quot;holdDays&quot;: 14');
    const answer = await send(NEW, { code: 'gold', terms: JSON.stringify(TERMS) });
    expect(answer.location).toBe('/programs/shop/plans/gold');
    expect((await plans()).map(({ plan }) => plan)).toEqual(['gold', 'standard']);
    expect(await signedActs()).toContain('publish terms program/shop/plan/gold');
  });
});

describe('given an operator and the budgets of a program', () => {
  const NEW = '/programs/shop/new-budget';
  const spring = {
    code: 'spring',
    title: 'Spring',
    unit: 'USD',
    amount: '50.00',
    from: '2026-03-01',
    until: '',
    reason: 'A fair',
  };
  const amounts = async () =>
    (await listBudgets(api.db, await programId(), null, 10)).map(({ amountMinor, closedAt }) => [
      amountMinor,
      !closedAt,
    ]);

  it.each([
    { wrong: { title: '' }, says: 'Name is missing.' },
    { wrong: { amount: '0' }, says: 'Amount is 0.' },
    { wrong: { until: '2026-02-01' }, says: 'First day after is not after from.' },
    { wrong: { unit: 'points-care' }, says: 'Currency or unit is not a unit of program shop.' },
  ])('when a new one says $wrong then it comes back with: $says', async ({ wrong, says }) => {
    const answer = await send(NEW, { ...spring, ...wrong });
    expect([answer.status, answer.text.includes(says)]).toEqual([400, true]);
    expect(await amounts()).toEqual([]);
  });

  it('when they sign then it is added, changed and closed, each with its reason', async () => {
    expect((await send(NEW, spring)).location).toBe('/programs/shop/budgets/spring');
    const path = '/programs/shop/budgets/spring';
    expect((await olga.open(`${path}/amount`)).text).toContain('value="50.00"');
    const refused = await send(`${path}/amount`, { amount: '1.234', reason: 'More' });
    expect([refused.status, refused.text.includes('id="amount-wrong"')]).toEqual([400, true]);
    expect((await send(`${path}/amount`, { amount: '60.00', reason: 'A second fair' })).location).toBe(path);
    expect(await amounts()).toEqual([[6000n, true]]);
    expect((await olga.post(`${path}/close`, { reason: '' })).status).toBe(400);
    expect((await olga.sign(`${path}/close`, { reason: 'It is over' })).location).toBe(path);
    expect((await send(`${path}/amount`, { amount: '70.00', reason: 'Again' })).text).toContain(
      'The budget spring is closed.',
    );
    expect(await amounts()).toEqual([[6000n, false]]);
    const page = (await audrey.open(path)).text;
    for (const words of ['A fair', 'A second fair', 'It is over']) expect(page).toContain(words);
    expect(page).not.toContain('/amount"');
    const entries = await listLog(api.db, { action: 'budget' }, null, 5);
    expect(entries.map(({ detail }) => typeof detail['signature'])).toEqual(['string', 'string', 'string']);
  });

  it('when two people change it at once then the second signature counts for nothing', async () => {
    await send(NEW, { ...spring, code: 'autumn' });
    const path = '/programs/shop/budgets/autumn/amount';
    const question = await olga.post(path, { amount: '80.00', reason: 'More' });
    await send(path, { amount: '70.00', reason: 'Less' });
    expect((await olga.touch(path, question)).status).toBe(409);
    expect((await amounts())[0]).toEqual([7000n, true]);
  });
});

describe('given an operator and the points of a program', () => {
  const points = {
    code: 'points-care',
    name: 'Care points',
    expiryMonths: '24',
    conversion: 'by-partner',
    leastConversion: '500',
    cancelDays: '',
  };
  const units = async () => listUnits(api.db, await programId(), null, 10);

  it.each([
    { wrong: { code: 'care' }, says: 'Code ' },
    { wrong: { expiryMonths: 'two' }, says: 'Months until they expire is not a whole number.' },
    { wrong: { leastConversion: '0.5' }, says: 'id="leastConversion-wrong"' },
  ])('when new ones say $wrong then the form comes back with: $says', async ({ wrong, says }) => {
    const answer = await olga.post('/programs/shop/new-unit', { ...points, ...wrong });
    expect([answer.status, answer.text.includes(says)]).toEqual([400, true]);
    expect(await units()).toEqual([]);
  });

  it('when they are added then a rate can be signed, and they can be retired', async () => {
    const path = '/programs/shop/units/points-care';
    expect((await olga.post('/programs/shop/new-unit', points)).location).toBe(path);
    expect((await units())[0]).toMatchObject({ expiryMonths: 24, cancelDays: 14, leastConversionMinor: 500n });
    const wrong = await send(`${path}/rate`, { currency: 'USD', from: '2026-03-01', rate: '0' });
    expect([wrong.status, wrong.text.includes('One is worth is not a rate above 0')]).toEqual([400, true]);
    expect((await send(`${path}/rate`, { currency: 'USD', from: '2026-03-01', rate: '0.005' })).location).toBe(path);
    expect((await listUnitRates(api.db, 'points-care', null, 5)).map(({ rate }) => rate)).toEqual(['0.005']);
    expect((await audrey.open(path)).text).toContain('0.005');
    expect((await olga.sign(`${path}/retirement`)).location).toBe(path);
    expect((await units())[0]?.retiredAt).not.toBeNull();
    expect(await signedActs()).toEqual(
      expect.arrayContaining(['set rate unit/points-care', 'retire unit unit/points-care']),
    );
    expect((await olga.open('/programs/shop/units/money')).status).toBe(404);
  });
});

describe('given an operator who writes a ladder', () => {
  const NEW = '/programs/shop/new-ladder';
  const terms = {
    measure: 'amount',
    currency: 'USD',
    window: 'quarter',
    rungs: [
      { from: '0', value: 'bronze' },
      { from: '50000', value: 'silver' },
    ],
  };
  const ladder = { fact: 'tier', from: '2026-01-01', terms: JSON.stringify(terms, null, 2), reason: 'The guide' };

  it.each([
    { wrong: { from: '2026-01-05' }, says: 'First day of the first window that it counts is not' },
    { wrong: { reason: '' }, says: 'Reason is missing.' },
    {
      wrong: { terms: JSON.stringify({ ...terms, rungs: terms.rungs.slice(1) }, null, 2) },
      says: 'Line 7: rungs[0].from',
    },
  ])('when the form says $wrong then it comes back with: $says', async ({ wrong, says }) => {
    const answer = await send(NEW, { ...ladder, ...wrong });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(says);
    expect(await findLadder(api.db, 'tier')).toBeNull();
  });

  it('when they sign it then it is there, and the next version begins with it', async () => {
    expect((await olga.open(NEW)).text).toContain('bronze');
    expect((await send(NEW, ladder)).location).toBe('/programs/shop');
    expect((await findLadder(api.db, 'tier'))?.versions).toHaveLength(1);
    expect((await olga.open('/programs/shop')).text).toContain(`${NEW}?fact=tier`);
    expect((await olga.open(`${NEW}?fact=tier`)).text).toContain('&quot;graceDays&quot;: 0');
    expect(await signedActs()).toContain('write ladder ladder/tier');
  });
});

describe('given an auditor', () => {
  it('then they see the program, and none of its forms', async () => {
    expect((await audrey.open('/programs/shop')).text).not.toMatch(/new-(plan|budget|unit|ladder)/);
    for (const path of [
      '/new-program',
      ...['plan', 'budget', 'unit', 'ladder'].map((what) => `/programs/shop/new-${what}`),
    ])
      expect((await audrey.post(path)).status, path).toBe(404);
  });
});
