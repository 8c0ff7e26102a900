import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';

import { claimParked } from '../../../commands/earnings/parked.ts';
import { markClaimed } from '../../../db/earnings/parked.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann']);
});
afterAll(() => api.stop());

const sale = (id: string, partner: string, more: Record<string, unknown> = {}) => ({
  source: 'store',
  id,
  program: 'shop',
  partner,
  kind: 'sale',
  occurredAt: '2026-03-01T10:00:00Z',
  currency: 'USD',
  amount: '100.00',
  ...more,
});
const refund = (id: string, partner: string, refundOf: string) =>
  sale(id, partner, { kind: 'refund', refundOf, amount: '40.00' });

const send = (...events: object[]) => api.ask('POST', '/v1/events', { body: { events } });
const statuses = async (...events: object[]) =>
  ((await send(...events)).body['results'] as { status: string }[] | undefined)?.map(({ status }) => status);
const parked = async () =>
  (await api.ask('GET', '/v1/events/parked')).body['items'] as { id: string; isKnown: boolean }[];
const stored = async (id: string) =>
  (await api.ask('GET', `/v1/events?source=store&id=${id}`)).body['items'] as Record<string, unknown>[];

async function addPartner(code: string, startsOn: string | null): Promise<void> {
  const agreements = startsOn === null ? [] : [{ program: 'shop', plan: 'standard', startsOn }];
  const body = { code, name: code, kind: 'affiliate', country: 'US', agreements };
  const { status, text } = await api.ask('POST', '/v1/partners', { body });
  if (status !== 201) throw new Error(text);
}

describe('given a program that refuses unknown partners', () => {
  it('then their events are refused, and nothing is parked', async () => {
    expect((await send(sale('r1', 'nobody'))).status).toBe(400);
    expect(await parked()).toEqual([]);
  });
});

describe('given a program that parks the events of unknown partners', () => {
  beforeAll(async () => {
    await api.ask('PATCH', '/v1/programs/shop/intake', { body: { unknownPartners: 'park' } });
  });

  it('when the partner is added then the sale and its refund are taken in, and nothing before', async () => {
    expect(await statuses(sale('a1', 'nia'), refund('a2', 'nia', 'a1'), sale('a3', 'ann'))).toEqual([
      'parked',
      'parked',
      'accepted',
    ]);
    expect(await statuses(sale('a1', 'nia'))).toEqual(['parked']);
    await claimParked(api.db);
    expect((await parked()).map(({ id, isKnown }) => [id, isKnown])).toEqual([
      ['a1', false],
      ['a2', false],
    ]);
    await addPartner('nia', '2026-01-01');
    expect(await claimParked(api.db)).toMatchObject([{ program: 'shop' }]);
    expect(await parked()).toEqual([]);
    await accrueAll(api.db, 'shop');
    expect([await stored('a1'), await stored('a2')]).toMatchObject([
      [{ partner: 'nia', accrued: true }],
      [{ partner: 'nia', accrued: true }],
    ]);
    expect(await statuses(sale('a1', 'nia'))).toEqual(['replayed']);
  });

  it('when the partner has no agreement on the day then the event waits until there is one', async () => {
    await statuses(sale('b1', 'oli'));
    await addPartner('oli', null);
    await claimParked(api.db);
    expect(await parked()).toMatchObject([{ id: 'b1', isKnown: true }]);
    await api.ask('POST', '/v1/partners/oli/agreements', {
      body: { program: 'shop', plan: 'standard', startsOn: '2026-06-01' },
    });
    await claimParked(api.db);
    expect(await parked()).toMatchObject([{ id: 'b1', isKnown: true }]);
    await api.ask('PATCH', '/v1/partners/oli/agreements/shop', {
      body: { startsOn: '2026-02-01', reason: 'Signed earlier' },
    });
    await claimParked(api.db);
    expect(await parked()).toEqual([]);
    expect(await stored('b1')).toMatchObject([{ partner: 'oli' }]);
  });

  it('when several partners of a shared event are unknown then it waits for all of them', async () => {
    const shares = ['pia', 'ann', 'quo'].map((partner) => ({ partner, weight: '1' }));
    expect(await statuses(sale('c1', 'pia', { shares }))).toEqual(['parked']);
    await addPartner('pia', '2026-01-01');
    await claimParked(api.db);
    expect(await parked()).toMatchObject([{ id: 'c1', partner: 'quo' }]);
    await addPartner('quo', '2026-01-01');
    await claimParked(api.db);
    expect(await parked()).toEqual([]);
  });

  it('when two versions were parked then the first is taken in, and the other is quarantined', async () => {
    await statuses(sale('d1', 'rex'));
    await statuses(sale('d1', 'rex', { amount: '120.00' }));
    await statuses(sale('d2', 'rex', { amount: '1.00' }), sale('d2', 'rex', { amount: '2.00' }));
    await addPartner('rex', '2026-01-01');
    await Promise.all([claimParked(api.db), claimParked(api.db)]);
    expect(await stored('d1')).toMatchObject([{ amount: '100.00', revision: 1 }]);
    expect(await stored('d2')).toMatchObject([{ amount: '1.00', revision: 1 }]);
    const { items } = (await api.ask('GET', '/v1/quarantine')).body as { items: { id: string }[] };
    expect(items.filter(({ id }) => id === 'd1')).toHaveLength(1);
  });

  it('when something else is wrong with an event then it is refused', async () => {
    const { body } = await send(sale('e1', 'nobody', { attributes: { color: 'red' } }));
    expect(body).toMatchObject({ status: 400, errors: [{ field: 'events[0].partner' }, {}] });
  });

  it('then a run says how much is parked', async () => {
    await statuses(sale('f1', 'zoe'), refund('f2', 'zoe', 'f1'), sale('f3', 'zoe', { amount: '1.50' }));
    const { key } = await api.newKey('preparer');
    const run = await api.ask('POST', '/v1/runs', { key, body: { schedule: 'monthly', upTo: '2026-09-15' } });
    const { body } = await api.ask('GET', `/v1/runs/${String(run.body['id'])}`);
    expect(body['parkedEvents']).toEqual([{ currency: 'USD', count: 3, amount: '61.50' }]);
  });

  it('when an operator dismisses an event with a reason then no run counts it, and it is not taken in until it is sent again', async () => {
    const read = async (query: string) =>
      (await api.ask('GET', `/v1/events/parked${query}`)).body['items'] as Record<string, unknown>[];
    const numberOf = async (id: string) => String((await read('')).find((event) => event['id'] === id)?.['number']);
    const decide = (number: string, decision: string, key?: string) =>
      api.ask('POST', `/v1/events/parked/${number}/decision`, {
        body: { decision, reason: 'A test of the shop' },
        ...(key && { key }),
      });
    const counted = async () => {
      const { key } = await api.newKey('preparer');
      const { body } = await api.ask('GET', '/v1/runs', { key });
      const [run] = body['items'] as { id: string }[];
      return (await api.ask('GET', `/v1/runs/${run?.id}`)).body['parkedEvents'];
    };
    await statuses(sale('g1', 'typo', { amount: '7.00' }));
    const number = await numberOf('g1');
    expect((await decide(number, 'dismiss', (await api.newKey('preparer')).key)).status).toBe(403);
    const { status, body } = await decide(number, 'dismiss');
    const dismissed = {
      id: 'g1',
      status: 'dismissed',
      reason: 'A test of the shop',
      decidedBy: api.operator.actor.code,
    };
    expect([status, body]).toMatchObject([200, dismissed]);
    expect((await decide(number, 'dismiss')).body).toMatchObject({ status: 409, code: 'parked_event_not_open' });
    expect([await numberOf('g1'), await read('?status=dismissed'), await counted()]).toMatchObject([
      'undefined',
      [dismissed],
      [{ currency: 'USD', count: 3, amount: '61.50' }],
    ]);
    const { items } = (await api.ask('GET', '/v1/audit?subject=event%2Fstore%2Fg1')).body as {
      items: { action: string }[];
    };
    expect(items.map(({ action }) => action)).toEqual(['parked_event.dismiss']);

    expect(await statuses(sale('g1', 'typo', { amount: '7.00' }))).toEqual(['parked']);
    expect(await numberOf('g1'), 'sent again').toBe(number);
    await decide(number, 'dismiss');
    expect((await decide(number, 'restore')).body).toMatchObject({ status: 'parked', reason: null });
    await decide(number, 'dismiss');
    await addPartner('typo', '2026-01-01');
    await claimParked(api.db);
    expect(await stored('g1')).toEqual([]);
    await decide(number, 'restore');
    await claimParked(api.db);
    expect(await stored('g1')).toMatchObject([{ partner: 'typo' }]);
    expect((await decide(number, 'dismiss')).status).toBe(409);
  });

  it('when an operator dismissed an event and another one restored it then both have a hand in what it earns', async () => {
    await statuses(sale('j1', 'lou'));
    const { items } = (await api.ask('GET', '/v1/events/parked')).body as { items: { id: string; number: string }[] };
    const number = items.find(({ id }) => id === 'j1')?.number;
    const people = [await api.newKey('operator'), await api.newKey('operator')];
    for (const [index, { key }] of people.entries()) {
      const body = { decision: index === 0 ? 'dismiss' : 'restore', reason: 'A test of the shop' };
      expect((await api.ask('POST', `/v1/events/parked/${number}/decision`, { key, body })).status).toBe(200);
    }
    await addPartner('lou', '2026-01-01');
    await claimParked(api.db);
    await accrueAll(api.db, 'shop');
    const hands = await api.db.anyFirst(sql.type(z.object({ by: z.string() }))`
      select unnest(made_by) as by from earning_line
      where partner_id = (select id from partner where code = 'lou')`);
    expect(hands).toEqual(expect.arrayContaining(people.map(({ actor }) => actor.id)));
  });

  it('when an operator dismisses all events of a mistyped code then those of other codes wait on, and each is restored by itself', async () => {
    await statuses(sale('k1', 'mitsyped'), sale('k2', 'mitsyped'), sale('k3', 'rightly'));
    const { key, actor } = await api.newKey('operator');
    const dismiss = (program = 'shop') =>
      api.ask('POST', '/v1/events/parked/dismiss', {
        key,
        body: { program, partner: 'mitsyped', reason: 'A mistyped code' },
      });
    expect((await dismiss('nowhere')).status).toBe(404);
    expect([(await dismiss()).body, (await dismiss()).body]).toEqual([{ events: 2 }, { events: 0 }]);
    const ids = (await parked()).map(({ id }) => id);
    expect([ids.includes('k1'), ids.includes('k2'), ids.includes('k3')]).toEqual([false, false, true]);
    const { items } = (await api.ask('GET', '/v1/events/parked?status=dismissed')).body as {
      items: { id: string; number: string }[];
    };
    const second = items.find(({ id }) => id === 'k2');
    expect(second).toMatchObject({ reason: 'A mistyped code', decidedBy: actor.code });
    const audited = (await api.ask('GET', '/v1/audit?subject=program%2Fshop')).body['items'] as object[];
    expect(audited).toContainEqual(
      expect.objectContaining({
        action: 'parked_event.dismiss_all',
        detail: { partner: 'mitsyped', reason: 'A mistyped code', events: 2 },
      }),
    );
    await addPartner('mitsyped', '2026-01-01');
    await api.ask('POST', `/v1/events/parked/${second?.number}/decision`, {
      body: { decision: 'restore', reason: 'The partner exists now' },
    });
    await claimParked(api.db);
    expect([await stored('k1'), await stored('k2')]).toMatchObject([[], [{ partner: 'mitsyped' }]]);
    await accrueAll(api.db, 'shop');
    const hands = await api.db.anyFirst(sql.type(z.object({ by: z.string() }))`
      select unnest(made_by) as by from earning_line
      where partner_id = (select id from partner where code = 'mitsyped')`);
    expect(hands).toContain(actor.id);
  });

  it('when a request names an event twice then it is parked once, also where it was dismissed before', async () => {
    const twice = () => statuses(sale('h1', 'zed'), sale('h1', 'zed'));
    const read = async () =>
      ((await api.ask('GET', '/v1/events/parked')).body['items'] as { id: string; number: string }[]).flatMap(
        ({ id, number }) => (id === 'h1' ? [number] : []),
      );
    expect(await twice()).toEqual(['parked', 'parked']);
    const waiting = await read();
    expect(waiting).toHaveLength(1);
    const dismiss = () =>
      api.ask('POST', `/v1/events/parked/${waiting.join()}/decision`, {
        body: { decision: 'dismiss', reason: 'A test of the shop' },
      });
    expect((await dismiss()).body).toMatchObject({ status: 'dismissed' });
    expect(await twice()).toEqual(['parked', 'parked']);
    expect(await read()).toEqual(waiting);
    expect((await dismiss()).status).toBe(200);
  });

  it('when it is taken in while somebody dismisses it then the answer says so', async () => {
    await statuses(sale('i1', 'zed'));
    const { items } = (await api.ask('GET', '/v1/events/parked')).body as { items: { id: string; number: string }[] };
    const number = String(items.find(({ id }) => id === 'i1')?.number);
    const claim = await leaveOpen(api.db, (tx) => markClaimed(tx, [BigInt(number)]));
    const body = { decision: 'dismiss', reason: 'A test of the shop' };
    const dismissal = api.ask('POST', `/v1/events/parked/${number}/decision`, { body });
    await vi.waitFor(async () => expect(await countWaiting(api.db)).toBe(1n));
    await claim.commit();
    expect((await dismissal).text).toContain('The event store/i1 is claimed.');
  });

  it('then the books hold', async () => {
    await accrueAll(api.db, 'shop');
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it('when an event is parked then the answer warns of it', async () => {
    const { body } = await send(sale('w1', 'nemo'));
    expect(body).toMatchObject({ warningCount: 1, warnings: [{ code: 'partner_unknown', source: 'store', id: 'w1' }] });
    const { items } = (await api.ask('GET', '/v1/events/parked')).body as { items: { id: string; number: string }[] };
    const { number } = items.find(({ id }) => id === 'w1') ?? {};
    await api.ask('POST', `/v1/events/parked/${number}/decision`, { body: { decision: 'dismiss', reason: 'A test' } });
  });
});
