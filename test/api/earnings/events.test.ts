import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { MINUTE_MS } from '../../../domain/durations.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
});
afterAll(() => api.stop());

const sale = (id: string, more: Record<string, unknown> = {}) => ({
  source: 'store',
  id,
  program: 'shop',
  partner: 'ann',
  kind: 'sale',
  occurredAt: '2026-03-01T10:00:00Z',
  currency: 'USD',
  amount: '10.00',
  ...more,
});

const refund = (id: string, refundOf: string, more: Record<string, unknown> = {}) => {
  const { currency: _currency, amount: _amount, ...event } = sale(id);
  return { ...event, kind: 'refund', refundOf, ...more };
};

const send = (...events: object[]) => api.ask('POST', '/v1/events', { body: { events } });

async function statusesOf(...events: object[]): Promise<unknown[]> {
  const { body } = await send(...events);
  return (body['results'] as { status: string }[]).map(({ status }) => status);
}

const countDue = (id: string): Promise<bigint> =>
  api.db.oneFirst(
    sql.type(
      z.object({ count: z.bigint() }),
    )`select count(*) from event_due join event on event.id = event_id where source_id = ${id}`,
  );

describe('given an event that was taken in', () => {
  it('when it is sent again, written otherwise but saying the same, then it is known already', async () => {
    expect(await statusesOf(sale('a1'))).toEqual(['accepted']);
    expect(await statusesOf(sale('a1', { amount: '10.0', occurredAt: '2026-03-01T05:00:00-05:00' }))).toEqual([
      'replayed',
    ]);
    expect(await countDue('a1')).toBe(1n);
  });

  it('when its key comes with other content then that is kept aside once, and the first counts', async () => {
    expect(await statusesOf(sale('a2'))).toEqual(['accepted']);
    expect(await statusesOf(sale('a2', { amount: '99.00' }))).toEqual(['quarantined']);
    expect(await statusesOf(sale('a2', { amount: '99.00' }))).toEqual(['quarantined']);
    const { items } = (await api.ask('GET', '/v1/quarantine')).body as { items: { id: string }[] };
    expect(items.filter(({ id }) => id === 'a2')).toHaveLength(1);
    expect((await api.ask('GET', '/v1/events?source=store&id=a2')).body).toMatchObject({
      items: [{ amount: '10.00' }],
    });
  });

  it('when one request names it twice then the first counts', async () => {
    expect(await statusesOf(sale('a3'), sale('a3'), sale('a3', { amount: '1.00' }))).toEqual([
      'accepted',
      'replayed',
      'quarantined',
    ]);
  });

  it('when many send it at once then it is taken in once', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => statusesOf(sale('a4'), sale('a5'))));
    expect(answers.flat().filter((status) => status === 'accepted')).toHaveLength(2);
    expect(answers.flat().filter((status) => status === 'quarantined')).toHaveLength(0);
  });
});

describe('given a request with one event that cannot be', () => {
  it.each([
    { why: 'an unknown program', event: sale('b', { program: 'nope' }), field: 'program', reason: 'nope is not known' },
    { why: 'an unknown partner', event: sale('b', { partner: 'nope' }), field: 'partner', reason: 'nope is not known' },
    {
      why: 'a day before the agreement, in the zone of the schedule',
      event: sale('b', { occurredAt: '2026-01-01T04:59:59Z' }),
      field: 'partner',
      reason: 'ann has no agreement in shop on 2025-12-31 (America/New_York)',
    },
    {
      why: 'the future',
      event: sale('b', { occurredAt: new Date(Date.now() + 6 * MINUTE_MS).toISOString() }),
      field: 'occurredAt',
      reason: 'is in the future',
    },
    {
      why: 'a reading of the year after the event',
      event: sale('b', {
        kind: 'score',
        reading: { metric: 'nps', value: '60', on: '2027-01-01' },
      }),
      field: 'reading.on',
      reason: 'is after 2026, the year of the event, so nobody can have measured it',
    },
    {
      why: 'a refund in another currency',
      event: refund('b', 'b0', { currency: 'EUR', amount: '1.00' }),
      field: 'refundOf',
      reason: 'the refunded sale is in USD',
    },
  ])('when it is of $why then nothing of the request goes in', async ({ event, field, reason }) => {
    await send(sale('theirs', { partner: 'bob' }), sale('b0'));
    const answer = await send(sale('b-good'), event);
    expect(answer.body).toMatchObject({ status: 400, errors: [{ field: `events[1].${field}`, reason }] });
    expect((await api.ask('GET', '/v1/events?source=store&id=b-good')).body).toMatchObject({ items: [] });
  });
});

describe('given a refund', () => {
  it('when it comes before its sale then it waits to be worked out with it', async () => {
    expect(await statusesOf(refund('c-refund', 'c'))).toEqual(['accepted']);
    expect(await statusesOf(sale('c'))).toEqual(['accepted']);
    expect(await countDue('c-refund')).toBe(1n);
  });

  it('when it comes in one request with its sale then both go in', async () => {
    expect(await statusesOf(refund('d-refund', 'd'), sale('d'))).toEqual(['accepted', 'accepted']);
  });
});

describe('given events that pay nobody for now', () => {
  const warningsOf = async (...events: object[]) => {
    const { warnings, warningCount } = (await send(...events)).body;
    return {
      warnings: (warnings as { code: string; id: string; detail: string }[]).map(({ id, detail }) => ({ id, detail })),
      warningCount,
    };
  };

  it('when the sale of a refund is not known then the answer says that the refund waits, until the sale is there', async () => {
    const early = refund('w-early', 'w-none');
    expect(await warningsOf(early, refund('w-refund', 'w-sale'), sale('w-sale'))).toEqual({
      warnings: [
        {
          id: 'w-early',
          detail: 'The refund takes nothing back yet: its sale w-none is not known. It waits until you send that sale.',
        },
      ],
      warningCount: 1,
    });
    await send(sale('w-none'));
    expect(await warningsOf(early)).toEqual({ warnings: [], warningCount: 0 });
  });

  it('when no incentive of the plan looks at an event then it is stored, and the answer names plan and version', async () => {
    const visit = { ...sale('w-visit'), kind: 'visit' };
    expect(await statusesOf(visit)).toEqual(['accepted']);
    expect(await warningsOf(visit, sale('w-paid'))).toEqual({
      warnings: [
        {
          id: 'w-visit',
          detail:
            'The event earns nothing under plan standard version 1: no incentive is for the kind visit on 2026-03-01.',
        },
      ],
      warningCount: 1,
    });
  });

  it('when there are many then the first hundred are listed and all are counted', async () => {
    const many = Array.from({ length: 120 }, (_none, n) => sale(`w-many-${n}`, { kind: 'visit' }));
    const { warnings, warningCount } = await warningsOf(...many);
    expect([warnings.length, warningCount]).toEqual([100, 120]);
  });
});

describe('given an event with a quantity', () => {
  it.each([
    { quantity: undefined, stored: null, because: 'nobody said how many: that is not one' },
    { quantity: 3, stored: 3, because: 'three were said' },
  ])('when it says $quantity then $stored are stored: $because', async ({ quantity, stored }) => {
    const id = `units-${quantity}`;
    expect(await statusesOf(sale(id, { quantity }))).toEqual(['accepted']);
    const { body } = await api.ask('GET', `/v1/events?source=store&id=${id}`);
    expect(body).toMatchObject({ items: [{ quantity: stored }] });
  });
});

describe('given more events than a page holds', () => {
  it('then the pages hold each of them once, in one order', async () => {
    await send(...Array.from({ length: 25 }, (_none, index) => sale(`p${index}`, { source: 'paged' })));
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await api.ask('GET', `/v1/events?source=paged&limit=10${cursor && `&cursor=${cursor}`}`);
      seen.push(...(body['items'] as { id: string }[]).map(({ id }) => id));
      cursor = (body['nextCursor'] as string | null) ?? '';
    } while (cursor);
    expect(seen).toHaveLength(25);
    expect(seen).toEqual([...new Set(seen)].toSorted());
  });

  it.each(['x', 'bnVsbA', 'e30', 'WzFd'])('when the cursor is %s, none of ours, then it is refused', async (cursor) => {
    const { body } = await api.ask('GET', `/v1/events?cursor=${cursor}`);
    expect(body).toMatchObject({ status: 400, errors: [{ field: 'cursor' }] });
  });
});

describe('given an event of less than a cent', () => {
  const listed = async () => (await api.ask('GET', '/v1/events?source=store&id=click')).body;

  it('when its program takes no exact amounts then it is refused, and the answer says why', async () => {
    const { status, body } = await send(sale('click', { amount: '0.004' }));
    expect([status, body['errors']]).toEqual([
      400,
      [
        {
          field: 'events[0].amount',
          reason:
            '"0.004" has more than 2 digits after the decimal point: the program takes no exact amounts (exactAmounts)',
        },
      ],
    ]);
    expect(await listed()).toMatchObject({ items: [] });
  });

  it('when its program takes them then it is stored with all its digits, and may come twice', async () => {
    await api.ask('PATCH', '/v1/programs/shop/intake', { body: { exactAmounts: true } });
    expect(await statusesOf(sale('click', { amount: '0.004' }))).toEqual(['accepted']);
    expect(await statusesOf(sale('click', { amount: '0.0040' }))).toEqual(['replayed']);
    expect(await listed()).toMatchObject({ items: [{ amount: '0.004' }] });
  });
});
