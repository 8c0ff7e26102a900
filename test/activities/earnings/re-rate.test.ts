import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createReRateActivities } from '../../../activities/earnings/re-rate.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { type Api, setUpShop, startApi } from '../../api/api.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { giveRole } from '../../fixtures/people.ts';

/** The events of some days are worked out again by the terms as they stand now, with the numbers of docs/earning/changed-terms.md. */

let api: Api;
let preparer: { key: string; actor: { id: string } };
let approver: string;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob', 'cleo']);
  preparer = await api.newKey('preparer');
  approver = (await api.newKey('approver')).key;
});
afterAll(() => api.stop());

async function post(path: string, body: unknown, { status = 201, key = api.operator.key } = {}) {
  const answer = await api.ask('POST', path, { body, key });
  if (answer.status !== status) throw new Error(answer.text);
  return answer.body;
}

const sale = (id: string, partner: string, day: string, amount: string, more: object = {}) => ({
  source: 'store',
  id,
  program: 'shop',
  partner,
  kind: 'sale',
  occurredAt: `${day}T15:00:00Z`,
  currency: 'USD',
  amount,
  ...more,
});
const refund = (id: string, partner: string, refundOf: string, amount: string) =>
  sale(id, partner, '2026-05-20', amount, { kind: 'refund', refundOf });

async function send(...events: object[]) {
  await post('/v1/events', { events }, { status: 200 });
  await accrueAll(api.db, 'shop');
}

const percent = (rate: string) => ({ id: 'commission', pay: { rule: 'percent', percent: rate } });
const steps = (...list: [string, string][]) => ({
  id: 'monthly',
  window: 'month',
  unit: 'USD',
  pay: { rule: 'steps', mode: 'marginal', steps: list.map(([from, rate]) => ({ from, percent: rate })) },
});
const setTerms = (plan: string, effectiveFrom: string, ...incentives: object[]) =>
  post(`/v1/programs/shop/plans/${plan}/versions`, {
    effectiveFrom,
    terms: { holdDays: 14, rounding: 'half-even', incentives },
  });

const propose = (body: object) =>
  post('/v1/programs/shop/re-ratings', { reason: 'The rate was wrong', ...body }, { key: preparer.key });
/** Does all that a worker can do now. */
async function work(id: unknown) {
  const activities = createReRateActivities({ db: api.db });
  while (await activities.advanceReRating(String(id)));
}
const read = async (id: unknown) => (await api.ask('GET', `/v1/re-ratings/${String(id)}`)).body;
const items = async (id: unknown) =>
  ((await api.ask('GET', `/v1/re-ratings/${String(id)}/items`)).body['items'] as Record<string, unknown>[]).map(
    ({ partner, before, after, difference, status }) => [partner, before, after, difference, status],
  );
const decide = (id: unknown, key: string, decision = 'confirm') =>
  api.ask('POST', `/v1/re-ratings/${String(id)}/decision`, { key, body: { decision } });
async function confirm(id: unknown) {
  const { status, text } = await decide(id, approver);
  if (status !== 200) throw new Error(text);
  await work(id);
}
async function preview(body: object) {
  const { id } = await propose(body);
  await work(id);
  return id;
}

const asked = async () => {
  const { body } = await api.ask('GET', '/v1/tasks?kind=re_rating_proposed');
  return (body['items'] as { subject: string }[]).map(({ subject }) => subject);
};
const Notice = z.object({ kind: z.string(), audience: z.string() });

const earned = (partner: string) =>
  api.db.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(amount_minor), 0)::bigint as minor from earning
    where partner_id = (select id from partner where code = ${partner})`);
const Line = z.object({ kind: z.string(), minor: z.bigint(), on: z.string(), madeBy: z.array(z.string()) });
const lines = (partner: string) =>
  api.db.any(sql.type(Line)`
    select kind, amount_minor as minor, available_on as on, made_by as "madeBy" from earning_line
    where partner_id = (select id from partner where code = ${partner}) order by id`);

describe('given sales of March at 10 %, and a version of 15 % from 1 March that was saved later', () => {
  let id: unknown;
  beforeAll(async () => {
    await send(
      sale('a1', 'ann', '2026-02-10', '100.00'),
      sale('a2', 'ann', '2026-03-10', '200.00'),
      sale('a3', 'ann', '2026-03-20', '100.00'),
      refund('a3-back', 'ann', 'a3', '40.00'),
      sale('b1', 'bob', '2026-03-10', '1000.00'),
    );
    await setTerms('standard', '2026-03-01T05:00:00Z', percent('15'));
    id = await preview({ from: '2026-03-01', until: '2026-04-01' });
  });

  it('then the preview says what each partner earned, earns and gets, and nothing is booked', async () => {
    expect(await items(id)).toEqual([
      ['ann', '26.00', '39.00', '13.00', 'proposed'],
      ['bob', '100.00', '150.00', '50.00', 'proposed'],
    ]);
    expect(await read(id)).toMatchObject({
      status: 'proposed',
      totals: [{ currency: 'USD', partners: 2, overtaken: 0, before: '126.00', after: '189.00', difference: '63.00' }],
    });
    expect([await earned('ann'), await earned('bob')]).toEqual([3600n, 10_000n]);
  });

  it('then another person is asked by a task and a mail until it is decided', async () => {
    expect(await asked()).toEqual([`re-rating/${String(id)}`]);
    const told = await api.db.any(sql.type(Notice)`
      select kind, audience from notification where body ->> 'subject' = ${`re-rating/${String(id)}`}`);
    expect(told).toEqual([{ kind: 'task_opened', audience: 'finance' }]);
  });

  it('then finance can download it', async () => {
    const { text } = await api.ask('GET', `/v1/re-ratings/${String(id)}/csv`);
    expect(text.split('\r\n').slice(0, 2)).toEqual([
      'partner,currency,events,before,after,difference,status',
      'ann,USD,2,26.00,39.00,13.00,proposed',
    ]);
  });

  it('then the proposer, the author of the terms and an account of the proposer cannot confirm it', async () => {
    const roles = async (actor: string, more: object = {}) => giveRole(api.db, actor, 'approver', more);
    const own = await roles(preparer.actor.id);
    expect(await decide(id, own.key)).toMatchObject({ status: 403, body: { code: 'decider_is_proposer' } });
    const author = await roles(api.operator.actor.id);
    expect(await decide(id, author.key)).toMatchObject({ status: 403, body: { code: 'decider_is_proposer' } });
    expect((await decide(id, (await api.newKey('auditor')).key)).status).toBe(403);
    expect(await propose({ from: '2026-03-01' }).catch(String)).toMatch(/re_rating_open/);
  });

  it('when a sale comes and another one is refunded before the decision then only partners as previewed are booked', async () => {
    await send(sale('a4', 'ann', '2026-03-25', '10.00'), refund('b1-back', 'bob', 'b1', '500.00'));
    await confirm(id);
    expect(await asked()).toEqual([]);
    expect(await items(id)).toEqual([
      ['ann', '26.00', '39.00', '13.00', 'booked'],
      ['bob', '100.00', '150.00', '50.00', 'overtaken'],
    ]);
    expect(await read(id)).toMatchObject({ status: 'done', totals: [{ overtaken: 1 }] });
    expect([await earned('ann'), await earned('bob')]).toEqual([3600n + 150n + 1300n, 5000n]);
  });

  it('then the difference is a corrected line on the release days of its sales, by the proposer and the author', async () => {
    const corrected = (await lines('ann')).filter(({ kind }) => kind === 'corrected');
    expect(corrected.map(({ minor, on }) => [minor, on])).toEqual([
      [1000n, '2026-03-24'],
      [300n, '2026-04-03'],
    ]);
    expect(corrected[0]?.madeBy.toSorted()).toEqual([preparer.actor.id, api.operator.actor.id].toSorted());
  });

  it('when its worker runs again then nothing changes', async () => {
    await work(id);
    expect([await earned('ann'), await earned('bob')]).toEqual([5050n, 5000n]);
    expect(await decide(id, approver)).toMatchObject({ status: 409, body: { code: 're_rating_not_open' } });
  });

  it('when the rest of a sale is refunded later then it takes back what it earns now', async () => {
    await send(refund('a3-rest', 'ann', 'a3', '60.00'));
    expect(await earned('ann')).toBe(5050n - 900n);
  });

  it('then the explanation says who had it worked out again, and why', async () => {
    const { body } = await api.ask('GET', '/v1/partners/ann/earnings');
    const told = (body['items'] as { kind: string; explanation: { steps: string[] } }[]).filter(
      ({ kind }) => kind === 're_rating',
    );
    const proposer = (await read(id))['proposedBy'];
    expect(told[0]?.explanation.steps[0]).toMatch(
      new RegExp(`^store/a[23] was worked out again by ${String(proposer)}, because: The rate was wrong$`),
    );
  });
});

describe('given steps of a month that change in the middle of it, after all was worked out', () => {
  it('when it is worked out again then the window is worth what it had been worth with these terms from the beginning', async () => {
    await post('/v1/programs/shop/plans', {
      code: 'steps',
      terms: { holdDays: 0, rounding: 'half-even', incentives: [steps(['0', '2'], ['1000', '4'])] },
    });
    await post('/v1/partners', { code: 'dan', name: 'Dan', kind: 'affiliate', country: 'US' });
    await post('/v1/partners/dan/agreements', { program: 'shop', plan: 'steps', startsOn: '2026-01-01' });
    await send(
      sale('d1', 'dan', '2026-04-05', '800.00'),
      sale('d2', 'dan', '2026-04-15', '400.00'),
      sale('d3', 'dan', '2026-04-25', '300.00'),
    );
    expect(await earned('dan')).toBe(1600n + 400n + 800n + 1200n);
    await setTerms('steps', '2026-04-10T04:00:00Z', steps(['0', '3'], ['1000', '5']));
    const id = await preview({ from: '2026-04-01', partner: 'dan' });
    // 800.00 at 2 % keep their price. From 800.00 to 1,500.00 the new steps pay 6.00 up to 1,000.00, and 25.00 above.
    expect(await items(id)).toEqual([['dan', '40.00', '47.00', '7.00', 'proposed']]);
    await confirm(id);
    expect(await earned('dan')).toBe(4700n);
  });
});

describe('given a partner who is moved to another plan from a day in the past', () => {
  it('when the days are worked out again then the plan of the day counts, and the person who moved them cannot confirm', async () => {
    await send(sale('c1', 'cleo', '2026-06-10', '100.00'));
    await post('/v1/programs/shop/plans', {
      code: 'gold',
      terms: { holdDays: 14, rounding: 'half-even', incentives: [percent('30')] },
    });
    const moved = await api.ask('PATCH', '/v1/partners/cleo/agreements/shop', {
      body: { plan: 'gold', from: '2026-06-01', reason: 'Agreed in May' },
    });
    expect(moved.status).toBe(200);
    const id = await preview({ from: '2026-06-01', until: '2026-07-01', partner: 'cleo' });
    expect(await items(id)).toEqual([['cleo', '15.00', '30.00', '15.00', 'proposed']]);
    expect((await decide(id, approver, 'decline')).body['status']).toBe('declined');
    expect(await asked()).toEqual([]);
    await work(id);
    expect(await earned('cleo')).toBe(1500n);
    const again = await preview({ from: '2026-06-01', partner: 'cleo' });
    await confirm(again);
    expect(await earned('cleo')).toBe(3000n);
  });
});

describe('given a worker that is killed between two partners', () => {
  it('then another one goes on with the next partner, and each is booked once', async () => {
    await send(sale('k1', 'ann', '2026-07-10', '100.00'), sale('k2', 'bob', '2026-07-10', '100.00'));
    const before = [await earned('ann'), await earned('bob')];
    await setTerms('standard', '2026-07-01T04:00:00Z', percent('16'));
    const id = await preview({ from: '2026-07-01' });
    expect((await decide(id, approver)).status).toBe(200);
    await createReRateActivities({ db: api.db }).advanceReRating(String(id));
    expect((await items(id)).map(([partner, , , , status]) => [partner, status])).toEqual([
      ['ann', 'booked'],
      ['bob', 'proposed'],
    ]);
    await Promise.all([work(id), work(id)]);
    expect([await earned('ann'), await earned('bob')]).toEqual([(before[0] ?? 0n) + 100n, (before[1] ?? 0n) + 100n]);
  });
});

describe('given everything above', () => {
  it('then every invariant holds', async () => {
    expect(await checkInvariants(api.db)).toEqual([]);
  });
});
