import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { followMerges } from '../../../commands/earnings/merges.ts';
import { expirePoints, tellOfExpiringPoints } from '../../../commands/earnings/points-expiry.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { giveRole } from '../../fixtures/people.ts';
import { lotsOf, movementsOf } from '../../fixtures/points.ts';
import { type Answer, type Api, setUpShop, startApi } from '../api.ts';

/** A loyalty program for installers: 2 points for each dollar of material, 50 for each training, free after 14 days, for two years. */

const PARTNERS = [
  'ann',
  'bob',
  'cleo',
  'dan',
  'eve',
  'fay',
  'gus',
  'hal',
  'ivy',
  'jan',
  'kim',
  'lou',
  'mia',
  'ned',
  'oda',
  'pam',
  'ray',
];
const UNITS = [
  { code: 'points-care', name: 'Care points', expiryMonths: 24, conversion: 'by-partner', leastConversion: '100' },
  { code: 'points-staff', name: 'Staff points', expiryMonths: 24, conversion: 'by-staff' },
  { code: 'credits-shop', name: 'Shop credits', cancelDays: 0 },
];
const DAY_MS = 86_400_000;
const day = (fromNow: number): string => new Date(Date.now() + fromNow * DAY_MS).toISOString().slice(0, 10);

let api: Api;
type Key = Awaited<ReturnType<Api['newKey']>>;
let [preparer, approver]: [Key, Key] = [] as never;
const partnerKeys = new Map<string, string>();

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, PARTNERS);
  await api.ask('POST', '/v1/programs', { body: { code: 'care', name: 'Care', schedule: 'monthly' } });
  for (const body of UNITS) await api.ask('POST', '/v1/programs/care/units', { body });
  for (const unit of ['points-care', 'points-staff'])
    await api.ask('POST', `/v1/programs/care/units/${unit}/rates`, {
      body: { currency: 'USD', from: '2026-01-01', rate: '0.005' },
    });
  const rate = { rule: 'rate', earn: '2', per: '1.00' };
  const incentives = [
    { id: 'material', unit: 'points-care', currency: 'USD', pay: rate },
    { id: 'staff', when: { kinds: ['order'] }, unit: 'points-staff', currency: 'USD', pay: rate },
    { id: 'training', when: { kinds: ['training'] }, unit: 'points-care', pay: { rule: 'flat', amount: '50' } },
    { id: 'bonus', when: { kinds: ['bonus'] }, pay: { rule: 'percent', percent: '10' } },
    { id: 'credits', when: { kinds: ['visit'] }, unit: 'credits-shop', pay: { rule: 'flat', amount: '2.50' } },
  ];
  await api.ask('POST', '/v1/programs/care/plans', {
    body: { code: 'installers', terms: { holdDays: 14, rounding: 'half-even', incentives } },
  });
  for (const code of PARTNERS)
    await api.ask('POST', `/v1/partners/${code}/agreements`, {
      body: { program: 'care', plan: 'installers', startsOn: '2026-01-01' },
    });
  preparer = await api.newKey('preparer');
  approver = await api.newKey('approver');
  for (const code of PARTNERS)
    partnerKeys.set(code, (await api.newKey('partner', (await getPartner(api.db, code)).id)).key);
});
afterAll(() => api.stop());

let events = 0;

/** Sends an event of a partner, and works it out. It happened so many days ago. */
async function send(partner: string, event: object, daysAgo = 20): Promise<string> {
  events += 1;
  const id = `e${events}`;
  const about = { source: 'shop', id, program: 'care', partner, kind: 'sale' };
  const occurredAt = new Date(Date.now() - daysAgo * DAY_MS).toISOString();
  const body = { events: [{ ...about, occurredAt, ...event }] };
  const answer = await api.ask('POST', '/v1/events', { body });
  expect(answer.status, answer.text).toBe(200);
  await accrueAll(api.db, 'care');
  return id;
}
const sell = (partner: string, amount: string, daysAgo = 20) => send(partner, { currency: 'USD', amount }, daysAgo);

const key = (partner: string): string => partnerKeys.get(partner) ?? '';
const mine = async (partner: string, path = '/v1/me/points'): Promise<Record<string, unknown>[]> =>
  (await api.ask('GET', path, { key: key(partner) })).body['items'] as Record<string, unknown>[];
const idOf = async (partner: string): Promise<bigint> => (await getPartner(api.db, partner)).id;

const redeem = (partner: string, amount: string, unit = 'points-care'): Promise<Answer> =>
  api.ask('POST', '/v1/me/redemptions', {
    key: key(partner),
    body: { unit, amount, purpose: 'Discount code SPRING-10', reference: 'order-1001' },
  });

describe('given an installer with points', () => {
  it('when they read them then they see what is available, what is held, and what expires next', async () => {
    await sell('ann', '100.00', 20);
    await sell('ann', '30.00', 2);
    await send('ann', { kind: 'training' }, 18);
    expect(await mine('ann')).toEqual([
      {
        unit: 'points-care',
        name: 'Care points',
        program: 'care',
        balance: '310',
        available: '250',
        held: '60',
        owed: '0',
        nextExpiry: { on: expect.stringMatching(/^20/), amount: '200' },
      },
    ]);
    expect((await api.ask('GET', '/v1/partners/ann/points')).body['items']).toEqual(await mine('ann'));
    expect(await mine('ann', '/v1/me/points/movements')).toMatchObject([
      { amount: '50' },
      { amount: '60' },
      { amount: '200' },
    ]);
  });

  it('when they read their earnings then the words speak of points', async () => {
    const [material] = (await mine('ann', '/v1/me/earnings')).filter(({ amount }) => amount === '200');
    expect(material).toMatchObject({ currency: 'points-care', incentive: 'material', payoutId: null });
    const { steps } = z.looseObject({ steps: z.array(z.string()) }).parse(material?.['explanation']);
    expect(steps.slice(0, 2)).toEqual([
      '2 points for each 1.00 USD of 100.00 USD is 200 points',
      'that makes 200 points, rounded',
    ]);
  });

  it('when a partner asks for the points of another one then there is no such partner', async () => {
    expect((await api.ask('GET', '/v1/partners/ann/points', { key: key('bob') })).status).toBe(404);
    expect((await api.ask('GET', '/v1/partners/ann/redemptions', { key: key('bob') })).status).toBe(404);
  });

  it('when they have points only then no payout is due, and nobody is owed money', async () => {
    const { body } = await api.ask('GET', '/v1/me/payability', { key: key('ann') });
    expect(body['items']).toMatchObject([{ currency: 'USD', payable: '0.00', outcome: 'nothing_due' }]);
    const lines = await api.db.anyFirst(sql.type(z.object({ id: z.bigint() }))`
      select id from earning_line where partner_id = ${await idOf('ann')}`);
    expect(lines).toEqual([]);
  });

  it('when they have both then only the money is payable', async () => {
    await sell('bob', '100.00');
    await send('bob', { kind: 'bonus', currency: 'USD', amount: '90.00' });
    const { body } = await api.ask('GET', '/v1/me/payability', { key: key('bob') });
    expect(body['items']).toMatchObject([{ currency: 'USD', payable: '9.00' }]);
  });
});

describe('given points that are used', () => {
  it('when they are enough then the oldest go first, and a repeat of the request uses nothing more', async () => {
    await sell('cleo', '50.00', 30);
    await sell('cleo', '50.00', 20);
    const headers = { 'idempotency-key': 'redeem-1' };
    const body = { unit: 'points-care', amount: '120', purpose: 'A drill' };
    const ask = () => api.ask('POST', '/v1/partners/cleo/redemptions', { body, headers });
    const first = await ask();
    expect(first.status, first.text).toBe(201);
    expect((await ask()).body).toEqual(first.body);
    expect((await lotsOf(api.db, await idOf('cleo'))).map(({ left }) => left)).toEqual([0n, 80n]);
  });

  it.each([
    { amount: '61', why: 'held points cannot be used', status: 409, code: 'points_not_available' },
    { amount: '0', why: 'nothing is not a use', status: 400, code: 'invalid_input' },
    { amount: '1.5', why: 'points are whole', status: 400, code: 'invalid_input' },
  ])('when $amount are asked for then they are refused: $why', async ({ amount, status, code }) => {
    if ((await lotsOf(api.db, await idOf('dan'))).length === 0) {
      await sell('dan', '30.00', 20);
      await sell('dan', '30.00', 1);
    }
    const answer = await redeem('dan', amount);
    expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code });
    expect(await mine('dan')).toMatchObject([{ available: '60', held: '60' }]);
  });

  it('when many ask at the same moment then no more is used than there is', async () => {
    await sell('eve', '50.00');
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeem('eve', '30')));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201, 201, 201, 409, 409, 409, 409, 409,
    ]);
    expect(await mine('eve')).toMatchObject([{ balance: '10', available: '10' }]);
  });

  it('when their sale is refunded afterwards then the points are owed, and the next earnings fill the debt', async () => {
    const sale = await sell('fay', '50.00');
    await redeem('fay', '100');
    await send('fay', { kind: 'refund', refundOf: sale, currency: 'USD', amount: '50.00' }, 1);
    expect(await mine('fay')).toMatchObject([{ balance: '-100', available: '0', owed: '100' }]);
    const answer = await redeem('fay', '1');
    expect(answer.body['detail']).toContain('Only 0 points of points-care can be used now, and 100 points are owed');
    await sell('fay', '80.00');
    expect(await mine('fay')).toMatchObject([{ balance: '60', available: '60', owed: '0' }]);
  });

  it('when the use is cancelled then the points are back in their lots, and it is cancelled once', async () => {
    await sell('gus', '50.00');
    const { body } = await redeem('gus', '70');
    const cancel = () =>
      api.ask('POST', `/v1/redemptions/${String(body['id'])}/cancel`, { body: { reason: 'No stock' } });
    const done = await cancel();
    expect(done.body).toMatchObject({ cancelReason: 'No stock', expired: '0' });
    expect((await cancel()).body['code']).toBe('redemption_not_cancellable');
    expect(await mine('gus')).toMatchObject([{ available: '100' }]);
    expect(await mine('gus', '/v1/me/redemptions')).toMatchObject([{ amount: '70', cancelReason: 'No stock' }]);
  });

  it('when the unit allows no cancellation then it is refused', async () => {
    await send('gus', { kind: 'visit' });
    const { body } = await redeem('gus', '1.25', 'credits-shop');
    const answer = await api.ask('POST', `/v1/redemptions/${String(body['id'])}/cancel`, { body: { reason: 'No' } });
    expect(answer.body['code']).toBe('redemption_not_cancellable');
  });
});

const Body = z.object({ kind: z.string(), body: z.record(z.string(), z.unknown()) });
const noticesOf = async (partner: string) =>
  api.db.any(sql.type(Body)`
    select kind, body from notification where partner_id = ${await idOf(partner)} and kind like 'points%' order by id`);

describe('given points whose day comes', () => {
  it('then their partner is told 30 days before, once, and again when they have expired', async () => {
    await sell('hal', '50.00', 20);
    const [lot] = await lotsOf(api.db, await idOf('hal'));
    const expiry = Date.parse(`${lot?.expiresOn}T12:00:00Z`);
    const at = (daysBefore: number) => new Date(expiry - daysBefore * DAY_MS);
    await tellOfExpiringPoints(api.db, at(31));
    expect(await noticesOf('hal')).toEqual([]);
    await tellOfExpiringPoints(api.db, at(30));
    await tellOfExpiringPoints(api.db, at(29));
    await expirePoints(api.db, at(1));
    expect((await mine('hal'))[0]).toMatchObject({ available: '100' });
    await expirePoints(api.db, at(0));
    await expirePoints(api.db, at(0));
    expect(await movementsOf(api.db, await idOf('hal'))).toEqual([
      { kind: 'earned', minor: 100n },
      { kind: 'expired', minor: -100n },
    ]);
    const about = { unit: 'points-care', name: 'Care points', amount: '100 points' };
    expect(await noticesOf('hal')).toEqual([
      { kind: 'points_expiring', body: { ...about, first: lot?.expiresOn, last: lot?.expiresOn } },
      { kind: 'points_expired', body: { ...about, day: lot?.expiresOn } },
    ]);
  });
});

const convert = (partner: string, amount: string, unit = 'points-care', currency = 'USD'): Promise<Answer> =>
  api.ask('POST', '/v1/me/conversions', { key: key(partner), body: { unit, amount, currency } });

describe('given a unit that partners convert alone', () => {
  it('when a partner converts then whole cents become an earning in money, and the other points stay', async () => {
    await sell('ivy', '60.50');
    const { status, body, text } = await convert('ivy', '121');
    expect(status, text).toBe(201);
    expect(body).toMatchObject({ asked: '121', points: '120', rate: '0.005', amount: '0.60', status: 'confirmed' });
    expect(await mine('ivy')).toMatchObject([{ balance: '1' }]);
    const [line] = (await mine('ivy', '/v1/me/earnings')).filter(({ kind }) => kind === 'converted');
    expect(line).toMatchObject({
      source: 'conversion',
      currency: 'USD',
      amount: '0.60',
      explanation: { points: '120', rate: '0.005', unit: 'points-care', rounding: 'half-even' },
    });
  });

  it('when it can be paid then an ordinary payout would pay it', async () => {
    const { body } = await api.ask('GET', '/v1/me/payability', { key: key('ivy') });
    expect(body['items']).toMatchObject([{ currency: 'USD', payable: '0.60' }]);
  });

  it.each([
    { amount: '99', code: 'invalid_input', why: 'it is less than the least' },
    { amount: '100000', code: 'points_not_available', why: 'there are too few' },
    { amount: '100', currency: 'EUR', code: 'conversion_not_offered', why: 'there is no rate to euros' },
    { amount: '100', unit: 'points-staff', code: 'conversion_not_offered', why: 'the staff converts these' },
    { amount: '1.00', unit: 'credits-shop', code: 'conversion_not_offered', why: 'nobody converts these' },
  ])('when $amount are to be converted then it is refused: $why', async ({ amount, unit, currency, code }) => {
    expect((await convert('gus', amount, unit, currency)).body['code']).toBe(code);
  });

  it('when the partner is on hold then points are neither redeemed nor converted, and the answer names the hold', async () => {
    await api.ask('POST', '/v1/partners/gus/hold', { body: { reason: 'We look into a complaint' } });
    const redeemed = await api.ask('POST', '/v1/me/redemptions', {
      key: key('gus'),
      body: { unit: 'points-care', amount: '1', purpose: 'Discount' },
    });
    const converted = await convert('gus', '100');
    for (const { body } of [redeemed, converted]) {
      expect(body).toMatchObject({ status: 409, code: 'partner_on_hold' });
      expect(body['detail']).toContain('We look into a complaint');
    }
    await api.ask('POST', '/v1/partners/gus/release', { body: { reason: 'It was a mistake' } });
    expect((await convert('gus', '99')).body['code']).toBe('invalid_input');
  });

  it('when the rate changes later then the conversion keeps the rate that it used', async () => {
    await api.ask('POST', '/v1/programs/care/units/points-care/rates', {
      body: { currency: 'USD', from: day(-1), rate: '0.01' },
    });
    const { body } = await api.ask('GET', '/v1/conversions?partner=ivy');
    expect(body['items']).toMatchObject([{ rate: '0.005', amount: '0.60' }]);
  });
});

describe('given a unit that two people of the staff convert', () => {
  const propose = (by: Key, partner = 'jan') =>
    api.ask('POST', `/v1/partners/${partner}/conversions`, {
      key: by.key,
      body: { unit: 'points-staff', amount: '100', currency: 'USD', reason: 'The partner asked for it' },
    });
  const decide = (id: unknown, by: Key, decision = 'confirm') =>
    api.ask('POST', `/v1/conversions/${String(id)}/decision`, { key: by.key, body: { decision } });

  it('when one person proposes then nothing moves, and another one confirms', async () => {
    await send('jan', { kind: 'order', currency: 'USD', amount: '100.00' });
    const { body, status, text } = await propose(preparer);
    expect(status, text).toBe(201);
    expect(await mine('jan')).toMatchObject([{ balance: '200' }]);
    const tasks = await api.ask('GET', '/v1/tasks?kind=conversion_proposed');
    expect(tasks.body['items']).toMatchObject([{ subject: `conversion/${String(body['id'])}` }]);
    expect((await decide(body['id'], approver)).body).toMatchObject({ status: 'confirmed', amount: '0.50' });
    expect(await mine('jan')).toMatchObject([{ balance: '100' }]);
    expect((await decide(body['id'], approver)).body['code']).toBe('conversion_not_open');
    expect((await api.ask('GET', '/v1/tasks?kind=conversion_proposed')).body['items']).toEqual([]);
  });

  it('when the proposer would confirm, too, then it is refused', async () => {
    const both = await api.newKey('approver');
    const asPreparer = { ...(await giveRole(api.db, both.actor.id, 'preparer')), actor: both.actor };
    const { body } = await propose(asPreparer);
    expect((await decide(body['id'], both)).body['code']).toBe('decider_is_proposer');
    expect((await decide(body['id'], approver, 'refuse')).body).toMatchObject({ status: 'refused' });
  });

  it('when a person is paid through the partner then they neither propose nor decide', async () => {
    const payee = await api.newKey('preparer');
    await giveRole(api.db, payee.actor.id, 'partner', { partnerId: await idOf('jan') });
    expect((await propose(payee)).body['code']).toBe('approver_is_payee');
    const { body } = await propose(preparer);
    const paid = await api.newKey('approver');
    await giveRole(api.db, paid.actor.id, 'partner', { partnerId: await idOf('jan') });
    expect((await decide(body['id'], paid)).body['code']).toBe('approver_is_payee');
    expect((await decide(body['id'], approver, 'refuse')).body).toMatchObject({ status: 'refused' });
  });

  it('when the proposer is paid through the partner by now then nobody can confirm it, and others can refuse it', async () => {
    const later = await api.newKey('preparer');
    const { body } = await propose(later);
    await giveRole(api.db, later.actor.id, 'partner', { partnerId: await idOf('jan') });
    expect((await decide(body['id'], approver)).body['code']).toBe('approver_is_payee');
    expect((await decide(body['id'], approver, 'refuse')).body).toMatchObject({ status: 'refused' });
  });

  it('when the points were used meanwhile then the confirmation is refused', async () => {
    await send('kim', { kind: 'order', currency: 'USD', amount: '50.00' });
    const { body } = await propose(preparer, 'kim');
    await redeem('kim', '40', 'points-staff');
    expect((await decide(body['id'], approver)).body['code']).toBe('points_not_available');
    expect(await mine('kim')).toMatchObject([{ balance: '60' }]);
  });
});

describe('given finance that asks what points may cost', () => {
  it('then the report sums them by unit and month of expiry, at the rate of today', async () => {
    const { body } = await api.ask('GET', '/v1/reports/points-liabilities?limit=200');
    const items = body['items'] as {
      unit: string;
      expires: string | null;
      outstanding: string;
      value: string | null;
    }[];
    const sum = (unit: string) =>
      items.filter((item) => item.unit === unit).reduce((total, { outstanding }) => total + Number(outstanding), 0);
    const Left = z.object({ minor: z.bigint() });
    const left = await api.db.oneFirst(sql.type(Left)`
      select sum(left_minor)::bigint as minor from points_lot where unit = 'points-care'`);
    expect(sum('points-care')).toBe(Number(left));
    expect(items.filter(({ unit }) => unit === 'credits-shop')).toMatchObject([
      { expires: null, outstanding: '1.25', value: null },
    ]);
  });
});

describe('given a partner with points who is merged into another one', () => {
  const follow = async () => {
    await accrueAll(api.db, 'care');
    await followMerges(api.db);
  };
  async function merge(partner: string, into: string): Promise<void> {
    const body = { into, reason: 'One person was enrolled twice' };
    const { body: proposed } = await api.ask('POST', `/v1/partners/${partner}/merge`, { body });
    const confirmed = await api.ask('POST', `/v1/corrections/${String(proposed['id'])}/decision`, {
      key: approver.key,
      body: { decision: 'confirm' },
    });
    expect(confirmed.status, confirmed.text).toBe(200);
  }
  const balance = async (partner: string) =>
    ((await api.ask('GET', `/v1/partners/${partner}/points`)).body['items'] as Record<string, unknown>[])[0];
  const redemptionsUnder = async (partner: string) =>
    (await api.ask('GET', `/v1/partners/${partner}/redemptions`)).body['items'];
  const use = (partner: string, amount: string) =>
    api.ask('POST', `/v1/partners/${partner}/redemptions`, {
      body: { unit: 'points-care', amount, purpose: 'A drill' },
    });
  const movedOf = async (partner: bigint) =>
    (await movementsOf(api.db, partner)).filter(({ kind }) => kind === 'transferred').map(({ minor }) => minor);

  it('then the lots move with their days, and the oldest of both are used first, also under the old code', async () => {
    const [mia, ned] = [await idOf('mia'), await idOf('ned')];
    await sell('mia', '50.00', 100);
    await sell('mia', '20.00', 3);
    await sell('ned', '30.00', 60);
    const earlier = await redeem('mia', '10');
    const before = [...(await lotsOf(api.db, mia)), ...(await lotsOf(api.db, ned))];

    await merge('mia', 'ned');

    expect(await lotsOf(api.db, ned)).toEqual(
      before.toSorted((one, other) => (one.earnedOn < other.earnedOn ? -1 : 1)),
    );
    expect((await lotsOf(api.db, mia)).map(({ left }) => left)).toEqual([0n, 0n]);
    expect([await movedOf(mia), await movedOf(ned)]).toEqual([[-130n], [130n]]);
    expect(await balance('mia')).toMatchObject({ balance: '190', available: '150', held: '40' });

    expect(await use('mia', '100')).toMatchObject({ status: 201, body: { partner: 'ned' } });
    expect((await lotsOf(api.db, ned)).map(({ left }) => left)).toEqual([0n, 50n, 40n]);
    for (const code of ['mia', 'ned'])
      expect(await redemptionsUnder(code)).toMatchObject([
        { partner: 'ned', amount: '100' },
        { partner: 'mia', amount: '10' },
      ]);

    await api.ask('POST', `/v1/redemptions/${String(earlier.body['id'])}/cancel`, { body: { reason: 'No stock' } });
    await follow();
    expect(await balance('ned')).toMatchObject({ balance: '100', available: '60' });
  });

  it('when an event of the old partner is due then its points follow once it is worked out', async () => {
    const occurredAt = new Date().toISOString();
    const sale = { source: 'shop', id: 'due-1', program: 'care', partner: 'lou', kind: 'training', occurredAt };
    await api.ask('POST', '/v1/events', { body: { events: [sale] } });
    await merge('lou', 'oda');
    expect(await balance('oda')).toBeUndefined();
    await follow();
    await follow();
    expect(await balance('oda')).toMatchObject({ balance: '50', held: '50' });
  });

  it('when the old partner owes points then the other one owes them, and a later refund takes theirs', async () => {
    const [first, second] = [await sell('pam', '50.00'), await sell('pam', '5.00')];
    await redeem('pam', '110');
    await sell('ray', '80.00');
    await send('pam', { kind: 'refund', refundOf: first, currency: 'USD', amount: '50.00' }, 1);
    await merge('pam', 'ray');
    expect(await balance('ray')).toMatchObject({ balance: '60', owed: '0' });
    await send('pam', { kind: 'refund', refundOf: second, currency: 'USD', amount: '5.00' }, 1);
    await follow();
    expect(await balance('ray')).toMatchObject({ balance: '50' });
  });
});

describe('given the units of a program', () => {
  it('when a plan names one then it is not retired, and a plan that names a strange one is refused', async () => {
    const retire = await api.ask('POST', '/v1/programs/care/units/points-care/retire');
    expect(retire.body['code']).toBe('unit_in_use');
    const incentives = [{ id: 'a', unit: 'points-strange', pay: { rule: 'flat', amount: '1' } }];
    const plan = await api.ask('POST', '/v1/programs/care/plans', {
      body: { code: 'other', terms: { holdDays: 0, rounding: 'half-even', incentives } },
    });
    expect(plan.body['errors']).toEqual([
      { field: 'terms.incentives[0].unit', reason: 'is not a unit of program care' },
    ]);
  });

  it('when all of this is done then the books hold', async () => {
    expect((await checkInvariants(api.db)).filter(({ culprits }) => culprits.length > 0)).toEqual([]);
  });
});
