import { createRoute, z } from '@hono/zod-openapi';

import {
  addEndpoint,
  addEndpointSecret,
  changeEndpoint,
  dropEndpointSecret,
  sendAgain,
  sendDeadAgain,
} from '../../../commands/tasks/webhooks.ts';
import { type Delivery, listDeliveries } from '../../../db/tasks/webhook-deliveries.ts';
import {
  type Endpoint,
  type EndpointSecret,
  getEndpoint,
  listEndpoints,
  listEndpointSecrets,
} from '../../../db/tasks/webhooks.ts';
import { DELIVERY_STATUSES, WEBHOOK_EVENTS } from '../../../domain/runs/webhook.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery, Uuid } from '../../http/schemas.ts';

const Events = z
  .array(z.string().max(60))
  .max(WEBHOOK_EVENTS.length)
  .meta({ description: `The events that it gets: ${WEBHOOK_EVENTS.join(', ')}`, examples: [['payout.settled']] });

const EndpointBody = z
  .object({
    id: fields.id('The id of the endpoint'),
    url: fields.text('The address that gets the webhooks', 'https://erp.example.com/bursar'),
    description: fields.text('The purpose of the endpoint', 'Books in the ERP'),
    events: Events,
    paused: z.boolean().meta({ description: 'Whether its events wait until somebody ends the pause' }),
    createdBy: fields.code('The person who added it', 'olga'),
    createdAt: fields.at('When it was added'),
  })
  .openapi('WebhookEndpoint');

const secretText = fields.text('The secret itself, shown only this once', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
const NewEndpointBody = EndpointBody.extend({ secret: secretText }).openapi('NewWebhookEndpoint');

const SecretBody = z
  .object({
    id: fields.id('The id of the secret; use it to revoke the secret'),
    createdBy: fields.code('The person who made it', 'olga'),
    createdAt: fields.at('When it was made'),
  })
  .openapi('WebhookSecret');
const OneEndpointBody = EndpointBody.extend({
  secrets: z.array(SecretBody).meta({ description: 'The secrets in force. The secrets themselves are never shown' }),
}).openapi('WebhookEndpointWithSecrets');

const DeliveryBody = z
  .object({
    event: fields.id('The id of the event, which is also its `webhook-id`'),
    type: fields.text('The type of the event', 'payout.settled'),
    createdAt: fields.at('When it happened'),
    status: z
      .enum(DELIVERY_STATUSES)
      .meta({ description: '`dead` means that it is not tried again by itself', examples: ['delivered'] }),
    tries: z.int().meta({ description: 'How often it was tried', examples: [1] }),
    dueAt: fields.at('When it is tried next, if it is pending'),
    endedAt: fields.at('When it was delivered or given up; null while it is pending').nullable(),
    lastStatus: z
      .int()
      .nullable()
      .meta({ description: 'The HTTP status of the last answer', examples: [204] }),
    lastError: z
      .string()
      .nullable()
      .meta({ description: 'Why the last try failed', examples: [null] }),
  })
  .openapi('WebhookDelivery');

const url = z
  .string()
  .max(500)
  .meta({ description: 'An address that begins with https://', examples: ['https://erp.example.com/bursar'] });
const description = z
  .string()
  .max(200)
  .meta({ description: 'The purpose of the endpoint', examples: ['Books in the ERP'] });
const EndpointPath = z.object({ id: Uuid });
const tags = ['endpoints'];
const path = '/v1/webhook-endpoints';

const list = createRoute({
  method: 'get',
  path,
  operationId: 'listWebhookEndpoints',
  tags,
  summary: 'List the webhook endpoints',
  request: { query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(EndpointBody), 'The endpoints, the oldest first.') },
});
const add = createRoute({
  method: 'post',
  path,
  operationId: 'addWebhookEndpoint',
  tags,
  summary: 'Add a webhook endpoint',
  request: {
    body: jsonBody(
      z.strictObject({ url, description: description.optional(), events: Events }).openapi('WebhookEndpointWish'),
    ),
  },
  responses: { 201: answers(NewEndpointBody, 'The endpoint gets the events that happen from now on.') },
});
const get = createRoute({
  method: 'get',
  path: `${path}/{id}`,
  operationId: 'getWebhookEndpoint',
  tags,
  summary: 'Read a webhook endpoint',
  request: { params: EndpointPath },
  responses: { 200: answers(OneEndpointBody, 'The endpoint, and its secrets in force.') },
});
const change = createRoute({
  method: 'patch',
  path: `${path}/{id}`,
  operationId: 'changeWebhookEndpoint',
  tags,
  summary: 'Change, pause or resume a webhook endpoint',
  request: {
    params: EndpointPath,
    body: jsonBody(
      z
        .strictObject({
          url: url.optional(),
          description: description.optional(),
          events: Events.optional(),
          paused: z.boolean().meta({ description: 'Whether its events wait' }).optional(),
        })
        .openapi('WebhookEndpointChange'),
    ),
  },
  responses: { 200: answers(EndpointBody, 'The endpoint as it is now.') },
});
const addSecret = createRoute({
  method: 'post',
  path: `${path}/{id}/secrets`,
  operationId: 'addWebhookSecret',
  tags,
  summary: 'Make another secret for a webhook endpoint',
  request: { params: EndpointPath },
  responses: {
    201: answers(
      z.object({ secret: secretText }).openapi('NewWebhookSecret'),
      'Both secrets sign each webhook until one is revoked.',
    ),
  },
});
const dropSecret = createRoute({
  method: 'delete',
  path: `${path}/{id}/secrets/{secret}`,
  operationId: 'revokeWebhookSecret',
  tags,
  summary: 'Revoke a secret of a webhook endpoint',
  request: { params: EndpointPath.extend({ secret: Uuid }) },
  responses: { 200: answers(OneEndpointBody, 'The secret signs nothing any longer.') },
});
const deliveries = createRoute({
  method: 'get',
  path: `${path}/{id}/deliveries`,
  operationId: 'listWebhookDeliveries',
  tags,
  summary: 'List what a webhook endpoint was sent',
  request: {
    params: EndpointPath,
    query: pageQuery(Uuid).extend({
      status: z.enum(DELIVERY_STATUSES).meta({ description: 'Only deliveries in this state' }).optional(),
    }),
  },
  responses: { 200: answers(pageOf(DeliveryBody), 'The deliveries, the newest event first.') },
});
const replay = createRoute({
  method: 'post',
  path: `${path}/{id}/deliveries/{event}/replay`,
  operationId: 'replayWebhook',
  tags,
  summary: 'Send an event to a webhook endpoint again',
  request: { params: EndpointPath.extend({ event: Uuid }) },
  responses: {
    202: answers(
      z.object({ event: fields.id('The id of the event') }).openapi('WebhookReplay'),
      'It is sent within a minute, with the same id.',
    ),
  },
});
const replayAll = createRoute({
  method: 'post',
  path: `${path}/{id}/replay`,
  operationId: 'replayDeadWebhooks',
  tags,
  summary: 'Send everything again that was given up',
  request: { params: EndpointPath },
  responses: {
    202: answers(
      z
        .object({ count: z.int().meta({ description: 'How many events are sent again', examples: [3] }) })
        .openapi('WebhookReplays'),
      'They are sent within a minute, with the same ids. The alarm about the endpoint is cleared.',
    ),
  },
});

const endpointBody = ({ id, url: address, description: about, events, isPaused, createdBy, createdAt }: Endpoint) => ({
  id,
  url: address,
  description: about,
  events,
  paused: isPaused,
  createdBy,
  createdAt: createdAt.toISOString(),
});
const secretBody = ({ id, createdBy, createdAt }: EndpointSecret) => ({
  id,
  createdBy,
  createdAt: createdAt.toISOString(),
});
const deliveryBody = ({
  eventId,
  type,
  createdAt,
  status,
  tries,
  dueAt,
  endedAt,
  lastStatus,
  lastError,
}: Delivery) => ({
  event: eventId,
  type,
  createdAt: createdAt.toISOString(),
  status,
  tries,
  dueAt: dueAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
  lastStatus,
  lastError,
});

/** Operators say which systems of the company are told what happens, and send again what these missed. */
export const endpointRoutes = ({ db, vault, settings: { webhooksLocal = false } }: ApiDeps) => {
  const withSecrets = async (id: string) => ({
    ...endpointBody(await getEndpoint(db, id)),
    secrets: (await listEndpointSecrets(db, id)).map(secretBody),
  });
  return createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const read = (count: number) => listEndpoints(db, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: endpointBody }), 200);
    })
    .openapi(add, async (c) => {
      const { description: about = '', ...rest } = c.req.valid('json');
      const wish = { ...rest, description: about, isPaused: false };
      const added = await addEndpoint(db, { vault, webhooksLocal }, wish, c.get('caller').actorId);
      return c.json({ ...endpointBody(added), secret: added.secret }, 201);
    })
    .openapi(get, async (c) => c.json(await withSecrets(c.req.valid('param').id), 200))
    .openapi(change, async (c) => {
      const { paused, ...rest } = c.req.valid('json');
      const wish = { ...rest, isPaused: paused };
      const { id } = c.req.valid('param');
      return c.json(endpointBody(await changeEndpoint(db, { webhooksLocal }, id, wish, c.get('caller').actorId)), 200);
    })
    .openapi(addSecret, async (c) => {
      const secret = await addEndpointSecret(db, vault, c.req.valid('param').id, c.get('caller').actorId);
      return c.json({ secret }, 201);
    })
    .openapi(dropSecret, async (c) => {
      const { id, secret } = c.req.valid('param');
      await dropEndpointSecret(db, id, secret, c.get('caller').actorId);
      return c.json(await withSecrets(id), 200);
    })
    .openapi(deliveries, async (c) => {
      const { cursor = null, limit, status = null } = c.req.valid('query');
      const { id } = c.req.valid('param');
      await getEndpoint(db, id);
      const read = (count: number) => listDeliveries(db, id, status, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ eventId }) => eventId, item: deliveryBody }), 200);
    })
    .openapi(replay, async (c) => {
      const { id, event } = c.req.valid('param');
      await sendAgain(db, id, event, c.get('caller').actorId);
      return c.json({ event }, 202);
    })
    .openapi(replayAll, async (c) =>
      c.json({ count: await sendDeadAgain(db, c.req.valid('param').id, c.get('caller').actorId) }, 202),
    );
};
