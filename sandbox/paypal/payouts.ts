import { randomBytes } from 'node:crypto';

import { type Context, Hono } from 'hono';

import { minorOf, paypalExponent, toDecimal } from '../decimals.ts';
import type { HttpEnv } from '../faults.ts';
import { readObject } from '../json.ts';
import type { StandIn } from '../site.ts';
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
import { type BatchRequest, isRefusal, type ItemRequest, readBatch } from './request.ts';

const PAGE_SIZE_MAX = 1_000;
/** How long PayPal remembers a sender_batch_id. */
const BATCH_ID_KEPT_MS = 30 * 86_400_000;

const newId = (length: number) => randomBytes(length).toString('hex').toUpperCase().slice(0, length);

/** Addresses that choose their own outcome, so that demo data needs no rules. */
function magicOutcome(receiver: string): PaypalOutcome {
  if (receiver.startsWith('unclaimed')) return 'unclaimed';
  return receiver.startsWith('failed') ? 'fail' : 'success';
}

export type Payouts = ReturnType<typeof openPayouts>;

/** Batches and their items: the requests, their outcomes and the money that they moved. */
export function openPayouts({ books, clock, outcomes, webhooks, stepMs, url }: StandIn) {
  const batches = books.table<Batch>('batch');
  const items = books.table<Item>('item');
  const itemsOf = new Map<string, string[]>();
  const bySenderId = new Map<string, string>();
  const held = new Map<string, bigint>(); // reserved for batches that have not run yet

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

  function publishBatch(batch: Batch) {
    publish(`PAYMENT.PAYOUTSBATCH.${batch.status}`, 'payouts', { batch_header: showBatch(batch), links: [] });
  }

  function publishItem(item: Item) {
    const event = EVENTS[item.status] ?? item.status;
    publish(`PAYMENT.PAYOUTS-ITEM.${event}`, 'payouts_item', {
      ...showItem(item, url),
      sender_batch_id: batches.get(item.batchId)?.senderBatchId,
    });
  }

  function move(item: Item, kind: 'paid' | 'fee' | 'returned', amount: string) {
    books.move({ key: keyOf(item), reference: item.id, kind, currency: item.currency, amount, at: clock.iso() });
  }

  /** Runs one item of a batch. The money is taken now, unless the item fails. */
  function runItem(item: Item) {
    const { status, later } = FATES[item.outcome];
    hold(item.currency, -cost(item));
    if (status !== 'FAILED') {
      move(item, 'paid', item.amount);
      move(item, 'fee', item.fee);
    }
    const dueAt = later ? clock.now() + item.afterMs : null;
    publishItem(items.change(item.id, { status, processedAt: clock.iso(), dueAt }));
    if (dueAt) clock.at(dueAt, () => giveBack(item.id, later ?? 'RETURNED'));
  }

  /** Money comes back to us, when it is due or because we cancelled. */
  function giveBack(id: string, status: string) {
    const item = items.get(id);
    if (!item?.dueAt) return;
    move(item, 'returned', toDecimal(refundOf(minor(item), item.outcome), paypalExponent(item.currency)));
    publishItem(items.change(id, { status, dueAt: null }));
  }

  function runBatch(id: string) {
    const batch = batches.get(id);
    if (batch?.status === 'PENDING') {
      publishBatch(batches.change(id, { status: 'PROCESSING', dueAt: clock.now() + stepMs }));
      clock.at(clock.now() + stepMs, () => runBatch(id));
    } else if (batch?.status === 'PROCESSING') {
      const rows = listItems(id);
      rows.forEach(runItem);
      const status = rows.every(({ outcome }) => outcome === 'fail') ? 'DENIED' : 'SUCCESS';
      publishBatch(batches.change(id, { status, completedAt: clock.iso(), dueAt: null }));
    }
  }

  function addItem(batchId: string, { minor: requestedMinor, ...requested }: ItemRequest) {
    const exponent = paypalExponent(requested.currency);
    const amount = toDecimal(requestedMinor, exponent);
    const rule = outcomes.find([requested.receiver, requested.note ?? '', requested.senderItemId ?? ''], amount);
    const outcome = (rule?.outcome as PaypalOutcome | undefined) ?? magicOutcome(requested.receiver);
    return items.put({
      id: newId(13),
      batchId,
      transactionId: `T${newId(16)}`,
      status: 'PENDING',
      ...requested,
      amount,
      outcome,
      fee: toDecimal(feeOf(requestedMinor, requested.currency), exponent),
      afterMs: rule?.afterMs ?? (FATES[outcome].status === 'SUCCESS' ? UNDONE_AFTER_MS : GIVEN_BACK_AFTER_MS),
      processedAt: null,
      dueAt: null,
    });
  }

  function addBatch({ senderBatchId, header, items: requested }: BatchRequest): Batch {
    const dueAt = clock.now() + stepMs;
    const batch = batches.put({
      id: newId(13),
      status: 'PENDING',
      header,
      senderBatchId,
      dueAt,
      currency: requested[0]?.currency ?? '',
      createdAt: clock.iso(),
      completedAt: null,
    });
    if (senderBatchId) bySenderId.set(senderBatchId, batch.id);
    const rows = requested.map((item) => addItem(batch.id, item));
    itemsOf.set(
      batch.id,
      rows.map(({ id }) => id),
    );
    rows.forEach((row) => hold(row.currency, cost(row)));
    clock.at(dueAt, () => runBatch(batch.id));
    return batch;
  }

  /** The batch that already has a sender's id. A denied batch, or one older than 30 days, frees its id. */
  function findExisting(senderBatchId: string): Batch | undefined {
    const existing = batches.get(bySenderId.get(senderBatchId) ?? '');
    const isForgotten = existing && clock.now() - Date.parse(existing.createdAt) > BATCH_ID_KEPT_MS;
    return existing?.status === 'DENIED' || isForgotten ? undefined : existing;
  }

  function canAfford(request: BatchRequest): boolean {
    const currency = request.items[0]?.currency ?? '';
    const total = request.items.reduce((sum, item) => sum + item.minor + feeOf(item.minor, currency), 0n);
    return total <= books.balance(currency) - (held.get(currency) ?? 0n);
  }

  /** Continues what a restart interrupted. */
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
  return { batches, items, listItems, addBatch, findExisting, canAfford, giveBack };
}

const missing = () => problem('INVALID_RESOURCE_ID', 'Requested resource ID was not found.');

const pageNumber = (c: Context, name: string, otherwise: number) => {
  const number = Number(c.req.query(name) ?? otherwise);
  return Number.isInteger(number) && number >= 1 ? number : otherwise;
};

/** The routes of the Payouts API. */
export function payoutRoutes(payouts: Payouts, url: string) {
  const app = new Hono<HttpEnv>();
  const linkOf = (id: string) => `${url}/v1/payments/payouts/${id}`;
  const self = (href: string) => [{ href, rel: 'self', method: 'GET', encType: 'application/json' }];

  app.post('/payouts', async (c) => {
    const body = readObject(await c.req.text());
    if (!body) return c.json(problem('INVALID_REQUEST', 'Request is not well-formed.'), 400);
    const request = readBatch(body);
    if (isRefusal(request)) return c.json(request.refusal, 400);
    const existing = payouts.findExisting(request.senderBatchId);
    if (existing) return c.json(duplicateBatch(linkOf(existing.id)), 400);
    if (!payouts.canAfford(request))
      return c.json(problem('INSUFFICIENT_FUNDS', 'Sender does not have sufficient funds.'), 422);
    const batch = payouts.addBatch(request);
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
