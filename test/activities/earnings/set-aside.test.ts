import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { listSetAside } from '../../../db/earnings/set-aside.ts';
import { listAlarms } from '../../../db/tasks/alarms.ts';
import { SHARDS } from '../../../domain/earnings/shard.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openOwner, tamper } from '../../fixtures/database.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { type Api, setUpShop, startApi } from '../../api/api.ts';

/** The events of one share of a program's partners, one of which cannot be worked out. */

let api: Api;
const partners = Array.from({ length: SHARDS + 1 }, (_, n) => `p${n}`);
/** The first partner and the last one are in the same share. */
const [ann, other] = [partners[0] ?? '', partners[SHARDS] ?? ''];

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, partners);
  const incentive = { id: 'units', when: {}, measure: 'quantity', window: 'month', unit: 'USD' };
  await post('/v1/programs/shop/plans/standard/versions', {
    effectiveFrom: '2026-02-01T00:00:00Z',
    terms: {
      holdDays: 0,
      rounding: 'half-even',
      incentives: [{ ...incentive, pay: { rule: 'flat', amount: '90000000.00' } }],
    },
  });
});
afterAll(() => api.stop());

async function post(path: string, body: unknown, status = 201) {
  const answer = await api.ask('POST', path, { body });
  if (answer.status !== status) throw new Error(answer.text);
  return answer.body;
}

/** An event may have 1,000,000,000 units, which just fit into a total. Two such sales do not. */
const HUGE = 700_000_000;
const sale = (id: string, partner: string, quantity: number, more: object = {}) => ({
  source: 'store',
  id,
  program: 'shop',
  partner,
  kind: 'sale',
  occurredAt: '2026-03-01T10:00:00Z',
  currency: 'USD',
  amount: '1.00',
  quantity,
  ...more,
});
async function send(...events: object[]) {
  await post('/v1/events', { events }, 200);
  await accrueAll(api.db, 'shop');
}
const aside = async () =>
  (await listSetAside(api.db, { eventId: 0n, partnerId: 0n, childId: null }, 100)).map(({ id }) => id);
const earned = (id: string) =>
  api.db.oneFirst(sql.type(z.object({ minor: z.bigint().nullable() }))`
    select sum(earning.amount_minor)::bigint as minor from earning join event on event.id = origin_id where source_id = ${id}`);
const earningsOf = (id: string) =>
  api.db.anyFirst(sql.type(z.object({ minor: z.bigint() }))`
    select earning.amount_minor as minor from earning join event on event.id = origin_id where source_id like ${`${id}%`}
    order by earning.batch_id`);
const EACH = 9_000_000_000n;

describe('given a sale by which the total of its window no longer fits into a number', () => {
  beforeAll(() =>
    send(
      sale('a1', ann, 1),
      sale('b1', other, 1),
      sale('a2', ann, HUGE),
      sale('a3', ann, HUGE),
      sale('a3-back', ann, 1, {
        kind: 'refund',
        refundOf: 'a3',
        quantity: undefined,
        amount: undefined,
        currency: undefined,
      }),
      sale('b2', other, 2),
      sale('a4', ann, 3),
    ),
  );

  it('then it is set aside by itself, and the others of its page earn', async () => {
    expect(await aside()).toEqual(['a3']);
    expect([await earned('a1'), await earned('a2'), await earned('a4')]).toEqual([
      EACH,
      EACH * BigInt(HUGE),
      3n * EACH,
    ]);
    expect([await earned('b1'), await earned('b2'), await earned('a3')]).toEqual([EACH, 2n * EACH, null]);
  });

  it('then one alarm names the event, the partner, the reason and what to do', async () => {
    const open = await listAlarms(api.db, 0n, 100);
    expect(open.map(({ kind, subject }) => [kind, subject])).toEqual([['event_not_worked_out', 'program/shop']]);
    expect(open[0]?.detail).toMatch(/store\/a3 .* partner p0: .*out of range.*set aside.*Correct the event/);
  });

  it('then staff read it in the list, and runs and their outcomes tell of it', async () => {
    const { body } = await api.ask('GET', '/v1/events/set-aside', { key: (await api.newKey('auditor')).key });
    expect(body['items']).toMatchObject([
      {
        program: 'shop',
        partner: ann,
        source: 'store',
        id: 'a3',
        revision: 1,
        kind: 'sale',
        amount: '1.00',
        currency: 'USD',
      },
    ]);
    const { key } = await api.newKey('preparer');
    const asked = { schedule: 'monthly', upTo: '2026-09-15' };
    const run = (await api.ask('POST', '/v1/runs', { key, body: asked })).body;
    expect((await api.ask('GET', `/v1/runs/${String(run['id'])}`)).body['setAsideEvents']).toEqual([
      { currency: 'USD', count: 1, amount: '1.00' },
    ]);
    await api.db.query(sql.unsafe`
      insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor, reasons)
      select ${String(run['id'])}, partner.id, currency.code, 'below_minimum', 0, '[]'
      from partner, unnest('{EUR,USD}'::text[]) as currency(code) where partner.code = ${ann}`);
    const { items } = (await api.ask('GET', `/v1/runs/${String(run['id'])}/outcomes`)).body as {
      items: { setAsideEvents: { id: string; reason: string }[] }[];
    };
    expect(items.map(({ setAsideEvents }) => setAsideEvents.map(({ id }) => id))).toEqual([[], ['a3']]);
    expect(items[1]?.setAsideEvents[0]?.reason).toMatch(/out of range/);
  });

  it('when it is tried again while its cause is there then it is set aside again, and nobody is told twice', async () => {
    expect(await post('/v1/events/set-aside/retry', { program: 'shop', partner: other }, 200)).toEqual({ events: 0 });
    expect(await post('/v1/events/set-aside/retry', { program: 'shop', source: 'store', id: 'a3' }, 200)).toEqual({
      events: 1,
    });
    expect(await aside()).toEqual([]);
    await accrueAll(api.db, 'shop');
    expect(await aside()).toEqual(['a3']);
    expect(await listAlarms(api.db, 0n, 100)).toMatchObject([{ facts: [{}] }]);
  });

  it('then only operators try it again, and an unknown program or partner is refused', async () => {
    const { key } = await api.newKey('approver');
    const ask = (body: object, more: object = {}) => api.ask('POST', '/v1/events/set-aside/retry', { body, ...more });
    expect((await ask({ program: 'shop' }, { key })).status).toBe(403);
    expect((await ask({ program: 'none' })).status).toBe(404);
    expect((await ask({ program: 'shop', partner: 'none' })).status).toBe(404);
  });

  it('when a higher revision corrects it then it earns by that one, and the refund that waited takes it back', async () => {
    await send(sale('a3', ann, 7, { revision: 2 }));
    expect(await aside()).toEqual([]);
    expect(await earned('a3')).toBe(0n);
    expect(await earningsOf('a3')).toEqual([7n * EACH, 0n, -7n * EACH]);
  });
});

describe('given an event that cannot be read', () => {
  const spoil = async (attributes: string) => {
    const owner = await openOwner(api.url);
    await tamper(owner, sql.unsafe`update event set attributes = ${attributes}::jsonb where source_id = 'u1'`);
    await owner.end();
  };
  beforeAll(async () => {
    await post('/v1/events', { events: [sale('u1', other, 1), sale('u2', ann, 1)] }, 200);
    await spoil('{"customer": 7}');
    await accrueAll(api.db, 'shop');
  });

  it('then the others of its page earn, and after its cause is gone a new version of the plan has it tried again', async () => {
    expect([await aside(), await earned('u2')]).toEqual([['u1'], EACH]);
    await spoil('{}');
    await post('/v1/programs/shop/plans/standard/versions', {
      effectiveFrom: '2031-01-01T00:00:00Z',
      terms: {
        holdDays: 0,
        rounding: 'half-even',
        incentives: [{ id: 'units', pay: { rule: 'percent', percent: '1' } }],
      },
    });
    await accrueAll(api.db, 'shop');
    expect([await aside(), await earned('u1')]).toEqual([[], EACH]);
  });
});

describe('given everything above', () => {
  it('then no event is due, and every invariant holds', async () => {
    expect(await api.db.oneFirst(sql.type(z.object({ n: z.bigint() }))`select count(*) as n from event_due`)).toBe(0n);
    expect(await checkInvariants(api.db)).toEqual([]);
  });
});
