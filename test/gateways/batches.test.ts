import { randomUUID } from 'node:crypto';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { DAY_MS } from '../../domain/durations.ts';
import type {
  BatchCallbacks,
  BatchReply,
  BatchSubmission,
  PaymentOrder,
  Reply,
  Submission,
} from '../../gateways/gateway.ts';
import { openFixture, type Fixture } from './fixture.ts';

type HttpReply = { status: number; body: object };
const refusal = (...fields: readonly string[]): HttpReply => ({
  status: 400,
  body: {
    name: 'VALIDATION_ERROR',
    debug_id: 'd1',
    details: fields.map((field) => ({ field, issue: 'RECEIVER_INVALID' })),
  },
});
const SLOW_DOWN: HttpReply = { status: 429, body: { name: 'RATE_LIMIT_REACHED' } };

describe('given a batch by PayPal', () => {
  let fixture: Fixture;
  let aheadMs = 0;
  /** PayPal's responses to the next posts. When they are used up, the sandbox answers. */
  let replies: HttpReply[] = [];
  /** PayPal's response to every look-up of a batch, if the sandbox is not to answer. */
  let shown: object | null = null;
  let posts = 0;
  beforeAll(async () => {
    fixture = await openFixture({
      now: () => new Date(Date.now() + aheadMs),
      async fetch(url, options) {
        const isPost = options?.method === 'POST' && typeof url === 'string' && url.endsWith('/payouts');
        if (isPost) posts += 1;
        if (shown && typeof url === 'string' && url.includes('/payouts/')) return Response.json(shown);
        const reply = isPost ? replies.shift() : undefined;
        return reply ? Response.json(reply.body, { status: reply.status }) : fetch(url, options);
      },
    });
  });
  afterEach(() => {
    aheadMs = 0;
    replies = [];
    shown = null;
    posts = 0;
  });
  afterAll(() => fixture.close());

  /** A frozen batch of three, as the database keeps it. */
  function openBatch() {
    const { batches } = fixture.gateways.paypal;
    if (!batches) throw new Error('PayPal sends batches');
    const orders = Array.from({ length: 3 }, () => fixture.order('paypal'));
    const key = randomUUID();
    const items = orders.map((order) => ({ key: order.key, request: fixture.gateways.paypal.freeze(order) }));
    const stored: BatchSubmission = {
      key,
      request: batches.freeze(key, items),
      reference: null,
      step: null,
      submittedAt: new Date(),
      total: { minor: 37_035n, currency: 'USD' },
      itemCount: 3,
    };
    const named = new Map<string, string>();
    const recorded = new Map<string, Reply>();
    const callbacks: BatchCallbacks = {
      save: async (step) => void (stored.step = step),
      items: async () =>
        orders.map(({ key: itemKey, payoutId, amount }) => ({ ...stored, key: itemKey, payoutId, amount })),
      saveItem: async () => undefined,
      recordItem: async (itemKey, reply) => void recorded.set(itemKey, reply),
      nameItems: async (found) => found.forEach((item) => named.set(item.key, item.reference)),
    };
    const signal = () => AbortSignal.timeout(10_000);
    const keep = (reply: BatchReply) => {
      stored.reference = reply.reference ?? stored.reference;
      return reply;
    };
    return {
      keys: orders.map((order) => order.key),
      named,
      recorded,
      submit: async () => keep(await batches.submit(stored, callbacks, signal())),
      resolve: async () => keep(await batches.resolve(stored, callbacks, signal())),
      name: () => batches.name(stored, callbacks, signal()),
    };
  }

  it('when it is accepted then every payment is identified by our own key', async () => {
    const batch = openBatch();
    expect(await batch.submit()).toMatchObject({ state: 'accepted' });
    await batch.name();
    expect([...batch.named.keys()].toSorted()).toEqual(batch.keys.toSorted());
    expect(new Set(batch.named.values()).size).toBe(3);
  });

  it('when the response was lost then the same bytes find the first batch, and no second batch is created', async () => {
    const batch = openBatch();
    const first = await batch.submit();
    const again = await batch.resolve();
    expect(again).toMatchObject({ state: 'accepted', reference: first.reference });
  });

  it.each([{ field: 'items[1].receiver' }, { field: '/items/1/receiver' }])(
    'when it is refused because of $field then only that payment is named',
    async ({ field }) => {
      const batch = openBatch();
      replies = [refusal(field)];
      expect(await batch.submit()).toMatchObject({
        state: 'refused',
        refused: [{ key: batch.keys[1], reason: 'RECEIVER_INVALID' }],
      });
    },
  );

  it.each([{ field: 'items[1].receiver' }, { field: 'sender_batch_header.note' }])(
    'when a repeat is refused because of $field then nothing is proven: people are asked at once, and nothing is sent again',
    async ({ field }) => {
      const batch = openBatch();
      replies = [{ status: 502, body: {} }, refusal(field)];
      expect(await batch.submit()).toMatchObject({ state: 'unknown', task: null });
      const asked = { state: 'unknown', refused: [], task: { kind: 'outcome_unknown' } };
      expect(await batch.resolve()).toMatchObject(asked);
      expect(await batch.resolve()).toMatchObject(asked);
      expect(posts).toBe(2);
    },
  );

  it('when PayPal denies it after it took it then the payments that it does not show have failed', async () => {
    const batch = openBatch();
    await batch.submit();
    const header = { payout_batch_id: 'B', batch_status: 'DENIED' };
    const amount = { value: '123.45', currency: 'USD' };
    const item = { payout_item_id: 'I', payout_item: { sender_item_id: batch.keys[0], amount } };
    shown = { batch_header: header, items: [item] };
    await batch.name();
    expect([...batch.named.keys()]).toEqual([batch.keys[0]]);
    expect([...batch.recorded]).toEqual(
      batch.keys.slice(1).map((key) => [key, expect.objectContaining({ state: 'failed', providerStatus: 'DENIED' })]),
    );
  });

  it('when a payment cannot be read then the others are still named', async () => {
    const batch = openBatch();
    await batch.submit();
    const amount = { value: '123.45', currency: 'USD' };
    const [first, second] = batch.keys.map((key, index) => ({
      payout_item_id: `I${index}`,
      payout_item: { sender_item_id: key, amount: index === 0 ? 'a lot' : amount },
    }));
    shown = { batch_header: { payout_batch_id: 'B', batch_status: 'SUCCESS' }, items: [first, second] };
    await batch.name();
    expect([...batch.named.keys()]).toEqual([batch.keys[1]]);
  });

  it('when the first call was certainly not processed then the next refusal counts as the first', async () => {
    const batch = openBatch();
    replies = [SLOW_DOWN, refusal('items[2].receiver')];
    await expect(batch.submit()).rejects.toMatchObject({ code: 'gateway_rate_limited' });
    expect(await batch.resolve()).toMatchObject({ state: 'refused', refused: [{ key: batch.keys[2] }] });
  });

  it('when it is refused and no payment is named then it is about our account: the gateway stops, and no payment fails', async () => {
    const batch = openBatch();
    replies = [refusal('sender_batch_header.note')];
    await expect(batch.submit()).rejects.toMatchObject({ code: 'gateway_refused' });
    expect(await batch.resolve()).toMatchObject({ state: 'accepted' });
  });

  it('when it was not answered for 25 days then it is not posted again, and a person decides', async () => {
    const batch = openBatch();
    replies = [{ status: 502, body: {} }];
    expect(await batch.submit()).toMatchObject({ state: 'unknown' });
    aheadMs = 26 * DAY_MS;
    expect(await batch.resolve()).toMatchObject({ state: 'unknown', task: { kind: 'outcome_unknown' } });
    expect(posts).toBe(1);
  });
});

describe('given a batch group by Wise', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await openFixture();
  });
  afterEach(() => fixture.calm());
  afterAll(() => fixture.close());

  /** A frozen group of these payments, as the database keeps it. The reply for each payment is recorded by its key. */
  function openGroup(orders: readonly PaymentOrder[]) {
    const { batches } = fixture.gateways.wise;
    if (!batches) throw new Error('Wise sends batches');
    const key = randomUUID();
    const frozen = orders.map((order) => ({ key: order.key, request: fixture.gateways.wise.freeze(order) }));
    const items = orders.map((order, index): Submission => ({
      key: order.key,
      payoutId: order.payoutId,
      amount: order.amount,
      request: frozen[index]?.request ?? new Uint8Array(),
      reference: null,
      step: null,
      submittedAt: new Date(),
    }));
    const stored: BatchSubmission = {
      key,
      request: batches.freeze(key, frozen),
      reference: null,
      step: null,
      submittedAt: new Date(),
      total: { minor: 12_345n * BigInt(orders.length), currency: 'USD' },
      itemCount: orders.length,
    };
    const recorded = new Map<string, Reply>();
    const callbacks: BatchCallbacks = {
      async save(step, reference) {
        stored.step = step;
        stored.reference = reference ?? stored.reference;
      },
      items: async () => items.filter((item) => recorded.get(item.key)?.state !== 'failed'),
      async saveItem(itemKey, step, reference) {
        const item = items.find((one) => one.key === itemKey);
        if (item) Object.assign(item, { step, reference: reference ?? item.reference });
      },
      recordItem: async (itemKey, reply) => void recorded.set(itemKey, reply),
      nameItems: async () => undefined,
    };
    const authorization = `Bearer ${fixture.settings.wise.token}`;
    return {
      recorded,
      go: () => batches.resolve(stored, callbacks, AbortSignal.timeout(10_000)),
      /** The group as Wise shows it. */
      async atWise(): Promise<unknown> {
        const url = `${fixture.urls.wise}/v3/profiles/1001/batch-groups/${stored.reference}`;
        return (await fetch(url, { headers: { authorization } })).json();
      },
    };
  }

  const paidFor = async ({ key }: PaymentOrder) =>
    (await fixture.movements('wise', key)).filter(({ kind }) => kind === 'paid').length;

  it('when the group was created but its response was lost then another name is used, and each payment is made once', async () => {
    const orders = [fixture.order('wise'), fixture.order('wise')];
    const group = openGroup(orders);
    await fixture.control('wise', 'faults', { method: 'POST', path: 'batch-groups$', fault: 'commit-then-drop' });
    expect(await group.go()).toMatchObject({ state: null });
    expect(await group.go()).toMatchObject({ state: 'accepted' });
    expect(await Promise.all(orders.map(paidFor))).toEqual([1, 1]);
  });

  it('when a transfer is in an earlier group, as after a restore, then it does not fail and nothing is funded twice', async () => {
    const order = fixture.order('wise');
    await fixture.control('wise', 'faults', { method: 'PATCH', path: 'batch-groups/', fault: '500-before-commit' });
    expect(await openGroup([order]).go()).toMatchObject({ state: null });

    const restored = openGroup([order, fixture.order('wise')]);
    expect(await restored.go()).toMatchObject({ state: null });

    expect(restored.recorded.get(order.key)?.state).not.toBe('failed');
    expect(await paidFor(order)).toBe(0);
  });

  it('when every payment of a group is refused then the empty group is cancelled as Wise documents it', async () => {
    const destination = {
      method: 'bank' as const,
      holder: 'Paula',
      currency: 'USD',
      country: 'US',
      details: { type: 'aba' },
    };
    const group = openGroup([fixture.order('wise', { destination })]);
    expect(await group.go()).toMatchObject({ state: 'refused', providerStatus: 'EMPTY' });
    expect(await group.atWise()).toMatchObject({ status: 'CANCELLED', transferIds: [] });
  });

  it('when the funding is unclear then it is read before it is requested again', async () => {
    const orders = [fixture.order('wise'), fixture.order('wise')];
    const group = openGroup(orders);
    await fixture.control('wise', 'faults', { method: 'POST', path: 'batch-payments/', fault: 'commit-then-drop' });
    expect(await group.go()).toMatchObject({ state: 'unknown' });
    expect(await group.go()).toMatchObject({ state: 'accepted', providerStatus: 'FUNDED' });
    expect(await Promise.all(orders.map(paidFor))).toEqual([1, 1]);
  });
});
