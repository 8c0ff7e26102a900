import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { type Answer, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
});
afterAll(() => api.stop());

const sale = (id: string, amount: string, more: Record<string, unknown> = {}) => ({
  source: 'store',
  id,
  program: 'shop',
  partner: 'ann',
  kind: 'sale',
  occurredAt: '2026-03-01T10:00:00Z',
  currency: 'USD',
  amount,
  ...more,
});

async function send(...events: object[]): Promise<string[]> {
  const { body, text } = await api.ask('POST', '/v1/events', { body: { events } });
  expect(body['results'], text).toBeDefined();
  return (body['results'] as { status: string }[]).map(({ status }) => status);
}

/** The sources about whose events operators are asked. */
async function asked(): Promise<string[]> {
  const { items } = (await api.ask('GET', '/v1/tasks?kind=events_quarantined')).body as {
    items: { subject: string }[];
  };
  return items.map(({ subject }) => subject);
}

type Kept = { number: string; id: string; status: string };
async function kept(id: string): Promise<Kept> {
  const { items } = (await api.ask('GET', '/v1/quarantine?limit=200')).body as { items: Kept[] };
  const found = items.find((item) => item.id === id);
  if (!found) throw new Error(`${id} is not quarantined`);
  return found;
}

const decide = ({ number }: Kept, decision: string, reason = 'The shop confirmed it', key?: string): Promise<Answer> =>
  api.ask('POST', `/v1/quarantine/${number}/decision`, { body: { decision, reason }, ...(key && { key }) });

const Sum = z.object({ minor: z.bigint() });
async function earned(id: string): Promise<bigint> {
  await accrueAll(api.db, 'shop');
  return (
    await api.db.one(sql.type(Sum)`
      select coalesce(sum(earning.amount_minor), 0)::bigint as minor
      from earning join event on event.id = earning.event_id where event.source_id = ${id}`)
  ).minor;
}

describe('given an order that was sent again with other content', () => {
  it('when an operator accepts it then it is the next revision, and the earnings follow', async () => {
    await send(sale('edited', '120.00'));
    expect(await send(sale('edited', '150.00'))).toEqual(['quarantined']);
    const before = await kept('edited');
    expect([before.status, await earned('edited'), await asked()]).toEqual(['open', 1200n, ['quarantine/store']]);
    const { status, body } = await decide(before, 'accept', 'The customer added an item');
    expect([status, body]).toMatchObject([
      200,
      { status: 'accepted', revision: 2, reason: 'The customer added an item', decidedBy: api.operator.actor.code },
    ]);
    expect([await earned('edited'), await asked()]).toEqual([1500n, []]);
    expect(await send(sale('edited', '150.00'), sale('edited', '120.00'))).toEqual(['replayed', 'replayed']);
    const { items } = (await api.ask('GET', '/v1/audit?subject=event%2Fstore%2Fedited')).body as {
      items: { action: string }[];
    };
    expect(items.map(({ action }) => action)).toEqual(['quarantine.accept']);
  });

  it('when another operator accepts it then neither the sender nor that operator may decide about paying it', async () => {
    const other = await api.newKey('operator');
    await send(sale('hands', '100.00'));
    await earned('hands');
    await send(sale('hands', '110.00'));
    expect((await decide(await kept('hands'), 'accept', 'It is right', other.key)).status).toBe(200);
    expect(await earned('hands')).toBe(1100n);
    const people = await api.db.anyFirst(sql.type(z.object({ by: z.string() }))`
      select unnest(made_by) as by from earning_line where kind = 'corrected' order by id desc`);
    expect(people).toEqual(expect.arrayContaining([api.operator.actor.id, other.actor.id]));
  });

  it('when an operator dismisses it then it counts for nothing, also when it comes again', async () => {
    await send(sale('kept', '10.00'), sale('kept', '99.00'));
    expect((await decide(await kept('kept'), 'dismiss')).body).toMatchObject({ status: 'dismissed', revision: null });
    expect(await send(sale('kept', '99.00'))).toEqual(['quarantined']);
    expect((await kept('kept')).status).toBe('dismissed');
    expect(await earned('kept')).toBe(100n);
  });

  it('when it is decided twice then the second decision is refused', async () => {
    await send(sale('twice', '10.00'), sale('twice', '20.00'));
    const event = await kept('twice');
    const answers = await Promise.all([decide(event, 'accept'), decide(event, 'dismiss'), decide(event, 'accept')]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'quarantine_not_open' });
  });

  it('when two versions are accepted then each becomes a revision of its own, and the later one counts', async () => {
    await send(sale('versions', '10.00'), sale('versions', '20.00'));
    const first = await kept('versions');
    await send(sale('versions', '30.00'));
    const { items } = (await api.ask('GET', '/v1/quarantine?status=open&limit=200')).body as { items: Kept[] };
    const [, second] = items.filter(({ id }) => id === 'versions');
    expect((await decide(first, 'accept')).body).toMatchObject({ revision: 2 });
    expect((await decide(second ?? first, 'accept')).body).toMatchObject({ revision: 3 });
    expect(await earned('versions')).toBe(300n);
  });

  it('when its partner has no agreement on the day then it cannot be accepted, and stays open', async () => {
    await send(sale('early', '10.00'), sale('early', '10.00', { occurredAt: '2025-01-01T10:00:00Z' }));
    const answer = await decide(await kept('early'), 'accept');
    expect(answer.body).toMatchObject({ status: 400, errors: [{ field: 'payload.partner' }] });
    expect((await kept('early')).status).toBe('open');
  });

  it('when it moves the order to another partner then it is taken back from the one and earned by the other', async () => {
    await send(sale('moved', '10.00'), sale('moved', '10.00', { partner: 'bob' }));
    await earned('moved');
    await decide(await kept('moved'), 'accept');
    expect(await earned('moved')).toBe(100n);
    const { items } = (await api.ask('GET', '/v1/events?source=store&id=moved')).body;
    expect(items).toMatchObject([{ partner: 'bob', revision: 2 }]);
  });

  it('when no reason is given, or there is no such event, then nothing is decided', async () => {
    await send(sale('mute', '10.00'), sale('mute', '20.00'));
    expect((await decide(await kept('mute'), 'accept', '')).status).toBe(400);
    expect((await decide({ number: '999999', id: '', status: '' }, 'accept')).status).toBe(404);
    const { key } = await api.newKey('preparer');
    expect((await decide(await kept('mute'), 'accept', 'I say so', key)).status).toBe(403);
    expect((await kept('mute')).status).toBe('open');
  });
});

describe('given a program that corrects changed events', () => {
  beforeAll(async () => {
    await api.ask('PATCH', '/v1/programs/shop/intake', { body: { changedEvents: 'correct' } });
  });

  it('then its rules say so', async () => {
    expect((await api.ask('GET', '/v1/programs/shop/intake')).body).toEqual({
      changedEvents: 'correct',
      unknownPartners: 'refuse',
      refundWaitHours: 24,
      exactAmounts: false,
    });
    expect((await api.ask('PATCH', '/v1/programs/shop/intake', { body: {} })).status).toBe(400);
  });

  it('when an order without a revision comes again with other content then it is the next revision', async () => {
    expect(await send(sale('plain', '120.00'), sale('plain', '150.00'), sale('plain', '150.00'))).toEqual([
      'accepted',
      'corrected',
      'replayed',
    ]);
    expect(await send(sale('plain', '180.00'))).toEqual(['corrected']);
    expect(await earned('plain')).toBe(1800n);
  });

  it('when an old file is sent again then nothing changes', async () => {
    await send(sale('old', '120.00'), sale('old', '150.00'));
    expect(await send(sale('old', '120.00'), sale('old', '150.00'))).toEqual(['replayed', 'replayed']);
    expect(await earned('old')).toBe(1500n);
  });

  it('when an event names its revision then that number counts, and other content is quarantined', async () => {
    expect(await send(sale('named', '10.00', { revision: 1 }), sale('named', '20.00', { revision: 1 }))).toEqual([
      'accepted',
      'quarantined',
    ]);
  });

  it('then the books hold', async () => {
    await accrueAll(api.db, 'shop');
    expect(await checkInvariants(api.db)).toEqual([]);
  });
});
