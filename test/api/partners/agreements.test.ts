import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { accrueAll } from '../../fixtures/accrual.ts';
import { type Api, setUpShop, startApi, TERMS } from '../api.ts';

let api: Api;
const PARTNERS = ['ann', 'bob', 'cem', 'dee', 'eve', 'fay', 'gus', 'hal', 'ida'];
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, PARTNERS);
  const incentives = [{ id: 'commission', pay: { rule: 'percent', percent: '20' } }];
  await api.ask('POST', '/v1/programs/shop/plans', { body: { code: 'gold', terms: { ...TERMS, incentives } } });
});
afterAll(() => api.stop());

const sale = (id: string, partner: string, occurredAt: string) => ({
  source: 'store',
  id,
  program: 'shop',
  partner,
  kind: 'sale',
  occurredAt,
  currency: 'USD',
  amount: '100.00',
});
const refund = (id: string, partner: string, occurredAt: string, refundOf: string) => {
  const { currency: _currency, amount: _amount, ...event } = sale(id, partner, occurredAt);
  return { ...event, kind: 'refund', refundOf };
};
const send = (...events: object[]) => api.ask('POST', '/v1/events', { body: { events } });
const change = (partner: string, body: object) => api.ask('PATCH', `/v1/partners/${partner}/agreements/shop`, { body });
const join = (partner: string, body: object) =>
  api.ask('POST', `/v1/partners/${partner}/agreements`, { body: { program: 'shop', plan: 'standard', ...body } });

async function earned(partner: string): Promise<bigint> {
  await accrueAll(api.db, 'shop');
  return api.db.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(amount_minor), 0)::bigint as minor from earning join partner on partner.id = partner_id
    where partner.code = ${partner}`);
}

describe('given an agreement whose dates were wrong', () => {
  it('when its start is put back then the sales of the earlier days earn', async () => {
    expect(await send(sale('early', 'ann', '2025-12-20T12:00:00Z'))).toMatchObject({ status: 400 });
    const changed = await change('ann', { startsOn: '2025-12-01', reason: 'The contract was signed earlier' });
    expect(changed).toMatchObject({
      status: 200,
      body: { startsOn: '2025-12-01', endsOn: null, plan: 'standard', eventsWorkedOut: 0 },
    });
    expect(changed.body['terms']).toEqual([{ plan: 'standard', startsOn: '2025-12-01', endsOn: null }]);
    expect(await send(sale('early', 'ann', '2025-12-20T12:00:00Z'))).toMatchObject({ status: 200 });
    expect(await earned('ann')).toBe(1000n);
  });

  it('then the history says who recorded what and why, and nobody can change it', async () => {
    const { body } = await api.ask('GET', '/v1/partners/ann/agreements/shop/history');
    expect(body['items']).toMatchObject([
      { plan: 'standard', startsOn: '2026-01-01', endsOn: null, reason: null },
      {
        plan: 'standard',
        startsOn: '2025-12-01',
        endsOn: '2026-01-01',
        reason: 'The contract was signed earlier',
        recordedBy: api.operator.actor.code,
      },
    ]);
    await expect(api.db.query(sql.unsafe`update agreement_term set starts_on = '2020-01-01'`)).rejects.toThrow(
      'denied',
    );
    await expect(api.db.query(sql.unsafe`delete from agreement_term`)).rejects.toThrow('denied');
  });
});

describe('given a partner who left and came back', () => {
  beforeAll(async () => {
    await send(sale('may', 'bob', '2026-04-20T12:00:00Z'));
    await change('bob', { endsOn: '2026-05-01' });
  });

  it('when the second period has no day in common with the first then it is added, and the gap earns nothing', async () => {
    const again = await join('bob', { startsOn: '2026-07-01' });
    expect(again).toMatchObject({ status: 201, body: { startsOn: '2026-07-01', endsOn: null } });
    expect(again.body['terms']).toEqual([
      { plan: 'standard', startsOn: '2026-01-01', endsOn: '2026-05-01' },
      { plan: 'standard', startsOn: '2026-07-01', endsOn: null },
    ]);
    expect((await send(sale('june', 'bob', '2026-06-10T12:00:00Z'))).body).toMatchObject({
      status: 400,
      errors: [{ field: 'events[0].partner', reason: expect.stringContaining('on 2026-06-10') }],
    });
    expect(await send(sale('august', 'bob', '2026-08-10T12:00:00Z'))).toMatchObject({ status: 200 });
    expect(await earned('bob')).toBe(2000n);
  });

  it('when a period before the first one is added then it stands before it', async () => {
    expect(await join('bob', { startsOn: '2025-03-01', endsOn: '2025-06-01' })).toMatchObject({ status: 201 });
    expect((await api.ask('GET', '/v1/partners/bob/agreements')).body).toMatchObject({
      items: [{ startsOn: '2026-07-01', terms: [{ startsOn: '2025-03-01' }, {}, {}] }],
    });
  });

  it.each([
    { startsOn: '2026-04-30', endsOn: '2026-05-02' },
    { startsOn: '2026-06-01', endsOn: '2026-07-02' },
    { startsOn: '2026-12-01', endsOn: undefined },
    { startsOn: '2020-01-01', endsOn: undefined },
  ])('when a period from $startsOn to $endsOn shares a day with another then it is refused', async (days) => {
    const answer = await join('bob', days);
    expect(answer.body).toMatchObject({
      status: 409,
      code: 'already_exists',
      errors: [{ field: 'startsOn', reason: expect.stringContaining('bob is already in shop from') }],
    });
  });

  it('when two people add the same period at once then it is added once', async () => {
    await change('gus', { endsOn: '2026-02-01' });
    const answers = await Promise.all([1, 2, 3, 4].map(() => join('gus', { startsOn: '2026-03-01' })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409]);
  });
});

describe('given a refund after the partner left', () => {
  it('when its sale is known then it is taken in, and takes back what the sale earned', async () => {
    await send(sale('cem-sale', 'cem', '2026-09-20T12:00:00Z'));
    expect(await earned('cem')).toBe(1000n);
    await change('cem', { endsOn: '2026-10-01' });
    const back = await send(
      refund('cem-refund', 'cem', '2026-10-08T09:00:00Z', 'cem-sale'),
      sale('dee-sale', 'dee', '2026-10-08T10:00:00Z'),
    );
    expect(back.body['results']).toMatchObject([{ status: 'accepted' }, { status: 'accepted' }]);
    expect(await earned('cem')).toBe(0n);
    expect(await earned('dee')).toBe(1000n);
  });

  it('when its sale is not known then it waits for it', async () => {
    expect(await send(refund('cem-early', 'cem', '2026-10-08T09:00:00Z', 'cem-late'))).toMatchObject({ status: 200 });
    await send(sale('cem-late', 'cem', '2026-09-21T12:00:00Z'));
    expect(await earned('cem')).toBe(0n);
  });

  it('when the partner was never in the program and the sale is not known then it is refused', async () => {
    await api.ask('POST', '/v1/partners', { body: { code: 'zoe', name: 'Zoe', kind: 'affiliate', country: 'US' } });
    expect((await send(refund('zoe-refund', 'zoe', '2026-10-08T09:00:00Z', 'nothing'))).body).toMatchObject({
      status: 400,
      errors: [{ field: 'events[0].partner' }],
    });
  });
});

describe('given a partner who moves to another plan', () => {
  it('when the day is named then each sale earns by the plan of its day, and the answer counts what stays', async () => {
    await send(sale('eve-march', 'eve', '2026-03-05T12:00:00Z'), sale('eve-april', 'eve', '2026-04-05T12:00:00Z'));
    expect(await earned('eve')).toBe(2000n);
    const changed = await change('eve', { plan: 'gold', from: '2026-04-01', reason: 'The addendum of April' });
    expect(changed).toMatchObject({ status: 200, body: { plan: 'gold', startsOn: '2026-01-01', eventsWorkedOut: 1 } });
    expect(changed.body['terms']).toEqual([
      { plan: 'standard', startsOn: '2026-01-01', endsOn: '2026-04-01' },
      { plan: 'gold', startsOn: '2026-04-01', endsOn: null },
    ]);
    await send(
      sale('eve-late', 'eve', '2026-03-31T23:00:00-04:00'),
      sale('eve-may', 'eve', '2026-04-01T00:00:00-04:00'),
    );
    expect(await earned('eve')).toBe(2000n + 1000n + 2000n);
  });

  it('when no day is named then the plan holds from today in the zone of the schedule', async () => {
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format(new Date());
    const { body } = await change('fay', { plan: 'gold' });
    expect(body['terms']).toMatchObject([{ endsOn: today }, { plan: 'gold', startsOn: today, endsOn: null }]);
  });

  it.each([
    { because: 'no day of the plan is named with it', body: { from: '2026-04-01' }, field: 'from' },
    { because: 'the program has no such plan', body: { plan: 'silver' }, field: 'plan' },
    { because: 'the partner is not in the program yet', body: { plan: 'gold', from: '2025-12-31' }, field: 'from' },
    { because: 'the end is not after the start', body: { endsOn: '2026-01-01' }, field: 'endsOn' },
  ])('when $because then nothing changes, and the field is named', async ({ body, field }) => {
    const before = await api.ask('GET', '/v1/partners/fay/agreements');
    expect((await change('fay', body)).body).toMatchObject({ status: 400, errors: [{ field }] });
    expect((await api.ask('GET', '/v1/partners/fay/agreements')).body).toEqual(before.body);
  });
});

describe('given an agreement that was added by mistake', () => {
  const withdraw = (partner: string, body: object = { reason: 'The wrong partner' }) =>
    api.ask('POST', `/v1/partners/${partner}/agreements/shop/withdraw`, { body });

  it('when it is taken back then the partner is not in the program, and the history says why', async () => {
    await send(sale('hal-sale', 'hal', '2026-03-05T12:00:00Z'));
    expect(await earned('hal')).toBe(1000n);
    expect(await withdraw('hal')).toMatchObject({
      status: 200,
      body: { partner: 'hal', program: 'shop', startsOn: '2026-01-01', endsOn: null, eventsWorkedOut: 1 },
    });
    expect((await api.ask('GET', '/v1/partners/hal/agreements')).body['items']).toEqual([]);
    expect((await api.ask('GET', '/v1/partners/hal/agreements/shop/history')).body['items']).toMatchObject([
      { plan: 'standard' },
      { plan: null, reason: 'The wrong partner', recordedBy: api.operator.actor.code },
    ]);
    expect(await send(sale('hal-later', 'hal', '2026-03-06T12:00:00Z'))).toMatchObject({ status: 400 });
    expect(await withdraw('hal')).toMatchObject({ status: 404 });
    expect(await change('hal', { endsOn: '2026-08-01' })).toMatchObject({ status: 404 });
  });

  it('when there are earlier periods then they stay', async () => {
    await change('ida', { endsOn: '2026-03-01' });
    await join('ida', { startsOn: '2026-06-01' });
    await withdraw('ida');
    expect((await api.ask('GET', '/v1/partners/ida/agreements')).body['items']).toMatchObject([
      { startsOn: '2026-01-01', endsOn: '2026-03-01' },
    ]);
    expect(await join('ida', { startsOn: '2026-07-01' })).toMatchObject({ status: 201 });
  });
});
