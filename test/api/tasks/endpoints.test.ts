import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { sql } from 'slonik';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createWebhookActivities } from '../../../activities/tasks/webhooks.ts';
import { listAlarms } from '../../../db/tasks/alarms.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import { createWebhookSender } from '../../../notifications/channels/webhook.ts';
import { addPayingRun, settlePayout } from '../../fixtures/rows.ts';
import { VAULT } from '../../fixtures/world.ts';
import { type Answer, type Api, startApi } from '../api.ts';

type Got = { headers: IncomingMessage['headers']; body: string };
let got: Got[] = [];
let status = 204;
async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  got.push({ headers: request.headers, body: (await buffer(request)).toString() });
  response.writeHead(status).end();
}
const server = createServer((request, response) => {
  void receive(request, response);
});
let api: Api;
let url: string;
beforeAll(async () => {
  const settings = {
    publicUrl: 'http://127.0.0.1:4400',
    coolingOffDays: 7,
    returnWindows: RETURN_WINDOWS_DEFAULT,
    webhooksLocal: true,
  };
  api = await startApi({ vault: VAULT, settings });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await api.stop();
});
beforeEach(() => {
  got = [];
  status = 204;
});

const PATH = '/v1/webhook-endpoints';
const addEndpoint = async (events: string[] = ['payout.settled']) => {
  const { body } = await api.ask('POST', PATH, { body: { url, events } });
  return body as { id: string; secret: string };
};
/** Pays and settles one payout, and returns its id. */
async function settle(): Promise<string> {
  const { payoutIds } = await addPayingRun(api.db, 'bank', 1);
  const [payout = ''] = payoutIds;
  await settlePayout(api.db, payout);
  return payout;
}
/** The minute of the workflow, once. */
async function deliver(): Promise<void> {
  const sendWebhook = createWebhookSender({ mayBeLocal: true });
  const activities = createWebhookActivities({ db: api.db, vault: VAULT, sendWebhook });
  await Promise.all((await activities.listWebhooksDue()).map((id) => activities.deliverWebhooks(id)));
}
const timePasses = (days = 0) =>
  api.db.query(sql.unsafe`
    update webhook_delivery set due_at = now(), give_up_at = give_up_at - ${days} * interval '1 day' where status = 'pending'`);
const deliveriesOf = async (id: string) =>
  (await api.ask('GET', `${PATH}/${id}/deliveries`)).body['items'] as Record<string, unknown>[];
const pause = (id: string) => api.ask('PATCH', `${PATH}/${id}`, { body: { paused: true } });
const asNobody = { key: null };

describe('given an endpoint that asked for settled payouts', () => {
  it('when a payout settles then the receiver gets one signed event with ids and amounts, and nothing personal', async () => {
    const { id, secret } = await addEndpoint();
    const payout = await settle();
    await deliver();
    await deliver();
    expect(got).toHaveLength(1);
    const [{ headers, body } = { headers: {}, body: '' }] = got;
    const event = new Webhook(secret).verify(body, headers as Record<string, string>) as Record<string, unknown>;
    expect(event).toMatchObject({ id: headers['webhook-id'], type: 'payout.settled' });
    const data = event['data'] as Record<string, unknown>;
    expect(data).toMatchObject({ payout, status: 'settled', amount: '10.00', currency: 'USD' });
    expect(Object.keys(data).toSorted()).toEqual([
      'amount',
      'currency',
      'method',
      'partner',
      'payout',
      'run',
      'status',
    ]);
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'delivered', tries: 1, lastStatus: 204 }]);
    await pause(id);
  });

  it('when the receiver fails then it is tried again with the same id and body, later each time', async () => {
    const { id } = await addEndpoint();
    await settle();
    status = 500;
    await deliver();
    await deliver();
    expect(got).toHaveLength(1);
    const [first] = await deliveriesOf(id);
    expect(first).toMatchObject({ status: 'pending', tries: 1, lastError: 'The receiver answered 500.' });
    expect(Date.parse(String(first?.['dueAt']))).toBeGreaterThan(Date.now());
    await timePasses();
    status = 200;
    await deliver();
    expect(new Set(got.map(({ headers, body }) => `${headers['webhook-id'] as string} ${body}`)).size).toBe(1);
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'delivered', tries: 2 }]);
    await pause(id);
  });

  it('when two workers deliver at once then each event is sent once', async () => {
    const { id } = await addEndpoint();
    for (let n = 0; n < 5; n += 1) await settle();
    await Promise.all([deliver(), deliver()]);
    expect(got).toHaveLength(5);
    await pause(id);
  });

  it('when it fails for days then the event is given up, operators get an alarm, and a replay sends it again', async () => {
    const { id } = await addEndpoint();
    await settle();
    status = 503;
    await timePasses(4);
    await deliver();
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'dead' }]);
    const alarms = async () => (await listAlarms(api.db, 0n, 100)).map(({ kind, subject }) => `${kind} ${subject}`);
    expect(await alarms()).toContain(`webhook_not_delivered webhook/${id}`);
    await timePasses();
    await deliver();
    expect(got).toHaveLength(1);

    status = 204;
    expect((await api.ask('POST', `${PATH}/${id}/replay`)).body).toEqual({ count: 1 });
    await deliver();
    const [delivery] = await deliveriesOf(id);
    expect(delivery).toMatchObject({ status: 'delivered' });
    expect(await alarms()).not.toContain(`webhook_not_delivered webhook/${id}`);
    expect((await api.ask('POST', `${PATH}/${id}/deliveries/${String(delivery?.['event'])}/replay`)).status).toBe(202);
    await deliver();
    expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(got).toHaveLength(3);
    await pause(id);
  });

  it('when it is paused then its events wait, and are sent when the pause ends', async () => {
    const { id } = await addEndpoint();
    await pause(id);
    await settle();
    await timePasses(4);
    await deliver();
    expect(got).toEqual([]);
    await api.ask('PATCH', `${PATH}/${id}`, { body: { paused: false } });
    await deliver();
    expect(got).toHaveLength(1);
    await pause(id);
  });
});

describe('given a secret that is to be changed', () => {
  it('when a second one is made then both sign, no third is made, and the last one stays', async () => {
    const { id, secret } = await addEndpoint();
    const second = (await api.ask('POST', `${PATH}/${id}/secrets`)).body['secret'] as string;
    expect((await api.ask('POST', `${PATH}/${id}/secrets`)).status).toBe(400);
    await settle();
    await deliver();
    const [{ headers, body } = { headers: {}, body: '' }] = got;
    for (const one of [secret, second]) new Webhook(one).verify(body, headers as Record<string, string>);

    const { body: read, text } = await api.ask('GET', `${PATH}/${id}`);
    expect(text).not.toContain('whsec_');
    const [old, kept] = (read['secrets'] as { id: string }[]).map((one) => one.id);
    expect((await api.ask('DELETE', `${PATH}/${id}/secrets/${old}`)).status).toBe(200);
    expect((await api.ask('DELETE', `${PATH}/${id}/secrets/${kept}`)).status).toBe(400);
    got = [];
    await settle();
    await deliver();
    const [next = { headers: {}, body: '' }] = got;
    expect(() => new Webhook(secret).verify(next.body, next.headers as Record<string, string>)).toThrow(
      'No matching signature',
    );
    await pause(id);
  });
});

describe('given a wish for an endpoint that cannot be', () => {
  it.each([
    { what: 'a private address', body: { url: 'https://10.0.0.1/', events: ['payout.sent'] }, field: 'url' },
    { what: 'no encryption', body: { url: 'http://example.com/', events: ['payout.sent'] }, field: 'url' },
    { what: 'an unknown event', body: { url: 'https://example.com/', events: ['payout.lost'] }, field: 'events' },
    { what: 'no event', body: { url: 'https://example.com/', events: [] }, field: 'events' },
  ])('when it has $what then it is refused, and the answer names $field', async ({ body, field }) => {
    const answer: Answer = await api.ask('POST', PATH, { body });
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toEqual([expect.objectContaining({ field })]);
  });

  it('when nobody asks, or the endpoint is not there, then the answer says so', async () => {
    const nowhere = `${PATH}/019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f`;
    expect((await api.ask('GET', PATH, asNobody)).status).toBe(401);
    expect((await api.ask('GET', nowhere)).status).toBe(404);
    for (const path of ['/secrets', '/replay', '/deliveries/019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f/replay'])
      expect((await api.ask('POST', nowhere + path)).status, path).toBe(404);
  });
});
