import { randomBytes } from 'node:crypto';

import { type Context, Hono } from 'hono';

import { minorOf, paypalExponent, toDecimal } from '../decimals.ts';
import type { HttpEnv } from '../faults.ts';
import { readObject } from '../json.ts';
import type { Ground } from '../site.ts';
import {
  type Batch,
  EVENTS,
  FATES,
  feeOf,
  GIVEN_BACK_AFTER_MS,
  type Item,
  type PaypalOutcome,
  refundOf,
  showBatch,
  showItem,
  UNDONE_AFTER_MS,
} from './batch.ts';
import { duplicateBatch, problem } from './problem.ts';
import { type AskedBatch, type AskedItem, isRefusal, readBatch } from './request.ts';

const PAGE_SIZE_MAX = 1_000;
/** How long PayPal remembers a sender_batch_id. */
const BATCH_ID_KEPT_MS = 30 * 86_400_000;

const newId = (length: number) => randomBytes(length).toString('hex').toUpperCase().slice(0, length);

/** Addresses that behave by themselves, so that demo data needs no rules. */
function magicOutcome(receiver: string): PaypalOutcome {
  if (receiver.startsWith('unclaimed')) return 'unclaimed';
  return receiver.startsWith('failed') ? 'fail' : 'success';
}

export type Payouts = ReturnType<typeof openPayouts>;

/** Batches and their items: what was asked for, what became of it, and the money it moved. */
export function openPayouts({ books, clock, outcomes, webhooks, stepMs, url }: Ground) {
  const batches = books.table<Batch>('batch');
  const items = books.table<Item>('item');
  const itemsOf = new Map<string, string[]>();
  const bySenderId = new Map<string, string>();
  const held = new Map<string, bigint>(); // promised to batches that have not run

  const minor = (item: Item) => minorOf(item.amount, paypalExponent(item.currency));
  const cost = (item: Item) => minor(item) + minorOf(item.fee, paypalExponent(item.currency));
  const hold = (currency: string, by: bigint) => held.set(currency, (held.get(currency) ?? 0n) + by);
  const listItems = (batchId: string) => (itemsOf.get(batchId) ?? []).flatMap((id) => items.get(id) ?? []);
  const keyOf = (item: Item) => `${batches.get(item.batchId)?.senderBatchId}/${item.senderItemId ?? item.id}`;

  function publish(eventType: string, resourceType: string, resource: object) {
    webhooks.publish(
      JSON.stringify({
        id: `WH-${newId(17)}-${newId(17)}`,
        event_version: '1.0',
        create_time: clock.iso(),
        resource_type: resourceType,
        event_type: eventType,
        summary: `${eventType} from the sandbox`,
        resource,
        links: [],
      }),
    );
  }

  function tellBatch(batch: Batch) {
    publish(`PAYMENT.PAYOUTSBATCH.${batch.status}`, 'payouts', { batch_header: showBatch(batch), links: [] });
  }

  function tellItem(item: Item) {
    const event = EVENTS[item.status] ?? item.status;
    publish(`PAYMENT.PAYOUTS-ITEM.${event}`, 'payouts_item', {
      ...showItem(item, url),
      sender_batch_id: batches.get(item.batchId)?.senderBatchId,
    });
  }

  function move(item: Item, kind: 'paid' | 'fee' | 'returned', amount: string) {
    books.move({ key: keyOf(item), reference: item.id, kind, currency: item.currency, amount, at: clock.iso() });
  }

  /** An item's turn in its batch: money is taken now, unless the item fails. */
  function runItem(item: Item) {
    const { status, later } = FATES[item.outcome];
    hold(item.currency, -cost(item));
    if (status !== 'FAILED') {
      move(item, 'paid', item.amount);
      move(item, 'fee', item.fee);
    }
    const dueAt = later ? clock.now() + item.afterMs : null;
    tellItem(items.change(item.id, { status, processedAt: clock.iso(), dueAt }));
    if (dueAt) clock.at(dueAt, () => giveBack(item.id, later ?? 'RETURNED'));
  }

  /** Money comes back to us, at its time or because we cancelled. */
  function giveBack(id: string, status: string) {
    const item = items.get(id);
    if (!item?.dueAt) return;
    move(item, 'returned', toDecimal(refundOf(minor(item), item.outcome), paypalExponent(item.currency)));
    tellItem(items.change(id, { status, dueAt: null }));
  }

  function runBatch(id: string) {
    const batch = batches.get(id);
    if (batch?.status === 'PENDING') {
      tellBatch(batches.change(id, { status: 'PROCESSING', dueAt: clock.now() + stepMs }));
      clock.at(clock.now() + stepMs, () => runBatch(id));
    } else if (batch?.status === 'PROCESSING') {
      const rows = listItems(id);
      rows.forEach(runItem);
      const status = rows.every(({ outcome }) => outcome === 'fail') ? 'DENIED' : 'SUCCESS';
      tellBatch(batches.change(id, { status, completedAt: clock.iso(), dueAt: null }));
    }
  }

  function addItem(batchId: string, { minor: wantedMinor, ...wanted }: AskedItem) {
    const exponent = paypalExponent(wanted.currency);
    const amount = toDecimal(wantedMinor, exponent);
    const rule = outcomes.find([wanted.receiver, wanted.note ?? '', wanted.senderItemId ?? ''], amount);
    const outcome = (rule?.outcome as PaypalOutcome | undefined) ?? magicOutcome(wanted.receiver);
    return items.put({
      id: newId(13),
      batchId,
      transactionId: `T${newId(16)}`,
      status: 'PENDING',
      ...wanted,
      amount,
      outcome,
      fee: toDecimal(feeOf(wantedMinor, wanted.currency), exponent),
      afterMs: rule?.afterMs ?? (FATES[outcome].status === 'SUCCESS' ? UNDONE_AFTER_MS : GIVEN_BACK_AFTER_MS),
      processedAt: null,
      dueAt: null,
    });
  }

  function addBatch({ senderBatchId, header, items: asked }: AskedBatch): Batch {
    const dueAt = clock.now() + stepMs;
    const batch = batches.put({
      id: newId(13),
      status: 'PENDING',
      header,
      senderBatchId,
      dueAt,
      currency: asked[0]?.currency ?? '',
      createdAt: clock.iso(),
      completedAt: null,
    });
    if (senderBatchId) bySenderId.set(senderBatchId, batch.id);
    const rows = asked.map((item) => addItem(batch.id, item));
    itemsOf.set(
      batch.id,
      rows.map(({ id }) => id),
    );
    rows.forEach((row) => hold(row.currency, cost(row)));
    clock.at(dueAt, () => runBatch(batch.id));
    return batch;
  }

  /** The live batch of that sender's id; a denied one, or one older than 30 days, does not hold its id. */
  function findTwin(senderBatchId: string): Batch | undefined {
    const twin = batches.get(bySenderId.get(senderBatchId) ?? '');
    const isForgotten = twin && clock.now() - Date.parse(twin.createdAt) > BATCH_ID_KEPT_MS;
    return twin?.status === 'DENIED' || isForgotten ? undefined : twin;
  }

  function canAfford(asked: AskedBatch): boolean {
    const currency = asked.items[0]?.currency ?? '';
    const total = asked.items.reduce((sum, item) => sum + item.minor + feeOf(item.minor, currency), 0n);
    return total <= books.balance(currency) - (held.get(currency) ?? 0n);
  }

  /** Takes up what a restart interrupted. */
  function resume() {
    for (const batch of batches.all()) {
      if (batch.senderBatchId) bySenderId.set(batch.senderBatchId, batch.id);
      itemsOf.set(batch.id, []);
      if (batch.dueAt) clock.at(batch.dueAt, () => runBatch(batch.id));
    }
    for (const item of items.all()) {
      itemsOf.get(item.batchId)?.push(item.id);
      if (item.status === 'PENDING') hold(item.currency, cost(item));
      if (item.dueAt) clock.at(item.dueAt, () => giveBack(item.id, FATES[item.outcome].later ?? 'RETURNED'));
    }
  }

  resume();
  return { batches, items, listItems, addBatch, findTwin, canAfford, giveBack };
}

const missing = () => problem('INVALID_RESOURCE_ID', 'Requested resource ID was not found.');

const pageNumber = (c: Context, name: string, otherwise: number) => {
  const number = Number(c.req.query(name) ?? otherwise);
  return Number.isInteger(number) && number >= 1 ? number : otherwise;
};

/** The Payouts API over the store. */
export function payoutRoutes(payouts: Payouts, url: string) {
  const app = new Hono<HttpEnv>();
  const linkOf = (id: string) => `${url}/v1/payments/payouts/${id}`;
  const self = (href: string) => [{ href, rel: 'self', method: 'GET', encType: 'application/json' }];

  app.post('/payouts', async (c) => {
    const body = readObject(await c.req.text());
    if (!body) return c.json(problem('INVALID_REQUEST', 'Request is not well-formed.'), 400);
    const asked = readBatch(body);
    if (isRefusal(asked)) return c.json(asked.refusal, 400);
    const twin = payouts.findTwin(asked.senderBatchId);
    if (twin) return c.json(duplicateBatch(linkOf(twin.id)), 400);
    if (!payouts.canAfford(asked))
      return c.json(problem('INSUFFICIENT_FUNDS', 'Sender does not have sufficient funds.'), 422);
    const batch = payouts.addBatch(asked);
    return c.json({ batch_header: showBatch(batch), links: self(linkOf(batch.id)) }, 201);
  });

  app.get('/payouts/:id', (c) => {
    const batch = payouts.batches.get(c.req.param('id'));
    if (!batch) return c.json(missing(), 404);
    const rows = payouts.listItems(batch.id);
    const size = Math.min(pageNumber(c, 'page_size', PAGE_SIZE_MAX), PAGE_SIZE_MAX);
    const page = pageNumber(c, 'page', 1);
    const pages = Math.ceil(rows.length / size);
    const exponent = paypalExponent(batch.currency);
    const total = (pick: (item: Item) => string) => rows.reduce((sum, row) => sum + minorOf(pick(row), exponent), 0n);
    const sums = { amount: total((row) => row.amount), fees: total((row) => row.fee) };
    const next = page < pages ? [{ href: `${linkOf(batch.id)}?page=${page + 1}&page_size=${size}`, rel: 'next' }] : [];
    return c.json({
      ...(c.req.query('total_required') === 'true' && { total_items: rows.length, total_pages: pages }),
      batch_header: showBatch(batch, sums),
      items: rows.slice((page - 1) * size, page * size).map((item) => showItem(item, url)),
      links: [...self(linkOf(batch.id)), ...next],
    });
  });

  app.get('/payouts-item/:id', (c) => {
    const item = payouts.items.get(c.req.param('id'));
    if (!item) return c.json(missing(), 404);
    const senderBatchId = payouts.batches.get(item.batchId)?.senderBatchId;
    return c.json({ ...showItem(item, url), sender_batch_id: senderBatchId });
  });

  app.post('/payouts-item/:id/cancel', (c) => {
    const item = payouts.items.get(c.req.param('id'));
    if (!item) return c.json(missing(), 404);
    if (item.status === 'RETURNED') return c.json(problem('ITEM_ALREADY_CANCELLED', 'Item is already cancelled'), 400);
    if (item.status !== 'UNCLAIMED') return c.json(problem('ITEM_INCORRECT_STATUS', `Item is ${item.status}`), 400);
    payouts.giveBack(item.id, 'RETURNED');
    return c.json(showItem(payouts.items.get(item.id) ?? item, url));
  });

  return app;
}
