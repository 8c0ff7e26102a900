import { randomUUID } from 'node:crypto';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { BatchAnswer, BatchHands, BatchSubmission } from '../../gateways/gateway.ts';
import { openStage, type Stage } from './stage.ts';

const DAY_MS = 24 * 60 * 60_000;

type Reply = { status: number; body: object };
const refusal = (...fields: readonly string[]): Reply => ({
  status: 400,
  body: {
    name: 'VALIDATION_ERROR',
    debug_id: 'd1',
    details: fields.map((field) => ({ field, issue: 'RECEIVER_INVALID' })),
  },
});
const SLOW_DOWN: Reply = { status: 429, body: { name: 'RATE_LIMIT_REACHED' } };

describe('given a batch by PayPal', () => {
  let stage: Stage;
  let aheadMs = 0;
  /** What PayPal answers to the next posts; once they are used up, what it answers by itself. */
  let replies: Reply[] = [];
  let posts = 0;
  beforeAll(async () => {
    stage = await openStage({
      now: () => new Date(Date.now() + aheadMs),
      async fetch(url, options) {
        const isPost = options?.method === 'POST' && typeof url === 'string' && url.endsWith('/payouts');
        if (isPost) posts += 1;
        const reply = isPost ? replies.shift() : undefined;
        return reply ? Response.json(reply.body, { status: reply.status }) : fetch(url, options);
      },
    });
  });
  afterEach(() => {
    aheadMs = 0;
    replies = [];
    posts = 0;
  });
  afterAll(() => stage.close());

  /** A frozen batch of three, as the database keeps it. */
  function openBatch() {
    const { batches } = stage.gateways.paypal;
    if (!batches) throw new Error('PayPal sends batches');
    const orders = Array.from({ length: 3 }, () => stage.order('paypal'));
    const key = randomUUID();
    const items = orders.map((order) => ({ key: order.key, request: stage.gateways.paypal.freeze(order) }));
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
    const hands: BatchHands = {
      save: async (step) => void (stored.step = step),
      items: async () => [],
      saveItem: async () => undefined,
      recordItem: async () => undefined,
      nameItems: async (found) => found.forEach((item) => named.set(item.key, item.reference)),
    };
    const signal = () => AbortSignal.timeout(10_000);
    const keep = (answer: BatchAnswer) => {
      stored.reference = answer.reference ?? stored.reference;
      return answer;
    };
    return {
      keys: orders.map((order) => order.key),
      named,
      submit: async () => keep(await batches.submit(stored, hands, signal())),
      resolve: async () => keep(await batches.resolve(stored, hands, signal())),
      name: () => batches.name(stored, hands, signal()),
    };
  }

  it('when it is accepted then every payment is named by our own key', async () => {
    const batch = openBatch();
    expect(await batch.submit()).toMatchObject({ state: 'accepted' });
    await batch.name();
    expect([...batch.named.keys()].toSorted()).toEqual(batch.keys.toSorted());
    expect(new Set(batch.named.values()).size).toBe(3);
  });

  it('when the answer was lost then the same bytes find the first batch, and no second one is made', async () => {
    const batch = openBatch();
    const first = await batch.submit();
    const again = await batch.resolve();
    expect(again).toMatchObject({ state: 'accepted', reference: first.reference });
  });

  it.each([{ field: 'items[1].receiver' }, { field: '/items/1/receiver' }])(
    'when it is refused for $field then that payment is named, and nobody else',
    async ({ field }) => {
      const batch = openBatch();
      replies = [refusal(field)];
      expect(await batch.submit()).toMatchObject({
        state: 'refused',
        refused: [{ key: batch.keys[1], reason: 'RECEIVER_INVALID' }],
      });
    },
  );

  it('when a repeat is refused then nothing is proved: the first one may be paying', async () => {
    const batch = openBatch();
    replies = [{ status: 502, body: {} }, refusal('items[1].receiver')];
    expect(await batch.submit()).toMatchObject({ state: 'unknown' });
    expect(await batch.resolve()).toMatchObject({ state: 'unknown', refused: [] });
  });

  it('when the first call certainly was not taken then the next refusal is a first one', async () => {
    const batch = openBatch();
    replies = [SLOW_DOWN, refusal('items[2].receiver')];
    await expect(batch.submit()).rejects.toMatchObject({ code: 'gateway_rate_limited' });
    expect(await batch.resolve()).toMatchObject({ state: 'refused', refused: [{ key: batch.keys[2] }] });
  });

  it('when it is refused and nobody is named then it is about us: the gateway stops, and nobody fails', async () => {
    const batch = openBatch();
    replies = [refusal('sender_batch_header.note')];
    await expect(batch.submit()).rejects.toMatchObject({ code: 'gateway_refused' });
    expect(await batch.resolve()).toMatchObject({ state: 'accepted' });
  });

  it('when it was never answered for 25 days then it is not posted again: a person decides', async () => {
    const batch = openBatch();
    replies = [{ status: 502, body: {} }];
    expect(await batch.submit()).toMatchObject({ state: 'unknown' });
    aheadMs = 26 * DAY_MS;
    expect(await batch.resolve()).toMatchObject({ state: 'unknown', task: { kind: 'outcome_unknown' } });
    expect(posts).toBe(1);
  });
});
