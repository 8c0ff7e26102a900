import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
});
afterAll(() => api.stop());

let count = 0;
const add = (body: object) =>
  api.ask('POST', '/v1/schedules', {
    body: { code: `s-${(count += 1)}`, payer: 'acme', zone: 'UTC', scheduled: false, ...body },
  });
const change = (code: unknown, body: object) => api.ask('PATCH', `/v1/schedules/${String(code)}`, { body });

/** The ends of the next periods. */
async function endsOf(code: unknown): Promise<string[]> {
  const { body } = await api.ask('GET', `/v1/schedules/${String(code)}/periods?count=4`);
  return (body.items as { end: string }[]).map(({ end }) => end);
}

describe('given a payer who pays in other rhythms than by the calendar month', () => {
  it.each([
    { wish: { frequency: 'semimonthly' }, day: /-(01|16)$/ },
    { wish: { frequency: 'quarterly' }, day: /-(01|04|07|10)-01$/ },
    { wish: { frequency: 'monthly', monthday: 16 }, day: /-16$/ },
  ])('when the schedule is $wish then each of its periods ends on such a day', async ({ wish, day }) => {
    const added = await add(wish);
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject(wish);
    for (const end of await endsOf(added.body.code)) expect(end).toMatch(day);
  });

  it('when it pays every second Friday then it counts from the named Friday, or else from the next one', async () => {
    const named = await add({ frequency: 'biweekly', firstCutoff: '2099-01-02' });
    expect(named.body).toMatchObject({ weekday: 5, firstCutoff: '2099-01-02', monthday: null });

    const { body } = await add({ frequency: 'biweekly', weekday: 5 });
    const [first = '', second = ''] = await endsOf(body.code);
    expect(body.firstCutoff).toBe(first);
    expect(new Date(first).getUTCDay()).toBe(5);
    expect(Date.parse(second) - Date.parse(first)).toBe(14 * 86_400_000);
  });

  it.each([
    { wish: { frequency: 'semimonthly', monthday: 3 }, field: 'monthday' },
    { wish: { frequency: 'monthly', monthday: 29 }, field: 'monthday' },
    { wish: { frequency: 'quarterly', weekday: 1 }, field: 'weekday' },
    { wish: { frequency: 'monthly', firstCutoff: '2026-11-27' }, field: 'firstCutoff' },
    { wish: { frequency: 'biweekly', weekday: 1, firstCutoff: '2026-11-27' }, field: 'firstCutoff' },
    { wish: { frequency: 'yearly' }, field: 'frequency' },
  ])('when the schedule is $wish then it is refused, and the answer names $field', async ({ wish, field }) => {
    const { status, body } = await add(wish);
    expect([status, (body.errors as { field: string }[]).map((error) => error.field)]).toEqual([400, [field]]);
  });
});

describe('given a biweekly schedule', () => {
  it('when its weekday changes then it counts from the next such day, and other changes keep its weeks', async () => {
    const { body } = await add({ frequency: 'biweekly', firstCutoff: '2026-11-06' });
    expect((await change(body.code, { zone: 'Europe/Berlin' })).body).toMatchObject({ firstCutoff: '2026-11-06' });

    const moved = await change(body.code, { weekday: 3 });
    expect(moved.status).toBe(200);
    const first = String(moved.body.firstCutoff);
    expect([moved.body.weekday, new Date(first).getUTCDay(), Date.parse(first) > Date.now()]).toEqual([3, 3, true]);
  });

  it('when the change does not fit then it is refused with the field, and nothing changed', async () => {
    const { body } = await add({ frequency: 'biweekly', firstCutoff: '2026-11-06' });
    const answer = await change(body.code, { monthday: 5 });
    expect([answer.status, (answer.body.errors as { field: string }[])[0]?.field]).toEqual([400, 'monthday']);
    expect((await api.ask('GET', `/v1/schedules/${String(body.code)}`)).body).toEqual(body);
  });

  it('when it becomes monthly and biweekly again then it does not keep the days of before', async () => {
    const { body } = await add({ frequency: 'biweekly', firstCutoff: '2026-11-06' });
    expect((await change(body.code, { frequency: 'monthly' })).body).toMatchObject({
      weekday: null,
      monthday: 1,
      firstCutoff: null,
    });
    expect((await change(body.code, { frequency: 'biweekly' })).body).toMatchObject({ weekday: 1, monthday: null });
  });
});
