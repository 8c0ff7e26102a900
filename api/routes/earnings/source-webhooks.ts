import { createRoute, z } from '@hono/zod-openapi';

import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { signerOf } from '../../../commands/earnings/source-secrets.ts';
import { boundWarnings } from '../../../commands/earnings/warnings.ts';
import { WireEvent } from '../../../domain/event.ts';
import { Source } from '../../../domain/fields.ts';
import { parseJson } from '../../http/body.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter, refuseFields } from '../../http/router.ts';
import { answers } from '../../http/schemas.ts';
import { wakeAccruals } from '../../http/wake.ts';
import { warningsBody } from './event-warnings.ts';
import { EVENTS_MAX, EventsBody, resultOf } from './events.ts';

const receive = createRoute({
  method: 'post',
  path: '/v1/sources/{source}/webhook',
  operationId: 'receiveEvents',
  tags: ['events'],
  summary: 'Receive events as a signed webhook',
  description:
    'Needs no key and no `Idempotency-Key`: the webhook is signed with a secret of the source, as Standard Webhooks says. The headers are `webhook-id`, `webhook-timestamp` (seconds, at most 5 minutes from our clock) and `webhook-signature` (`v1,` and an HMAC-SHA256 in Base64).',
  request: {
    params: z.object({ source: Source }),
    body: {
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'object',
            description: `One event, or \`events\` with 1 to ${EVENTS_MAX} of them. An event without \`source\` gets that of the address`,
          },
        },
      },
    },
  },
  responses: {
    200: answers(EventsBody, 'Every event was taken in, was already known, is quarantined, or is parked.'),
    400: problemResponse('An event cannot be accepted, so none was taken in. `errors` names every reason.'),
    401: problemResponse('No secret of the source signed the webhook, or it is too old. Nothing was taken in.'),
  },
});

const Payload = z.strictObject({ events: z.array(WireEvent).min(1).max(EVENTS_MAX) });

/** The events of a webhook. An event that names no source belongs to that of the address, and no other one can be named. */
function eventsIn(payload: unknown, source: string): WireEvent[] {
  const withSource = (event: unknown): unknown =>
    typeof event === 'object' && event !== null && !Array.isArray(event) ? { source, ...event } : event;
  const list = (payload as { events?: unknown } | null)?.events;
  const events = Array.isArray(list)
    ? { ...(payload as object), events: list.map(withSource) }
    : { events: [withSource(payload)] };
  const own = Payload.safeParse(events);
  if (!own.success) throw refuseFields(own.error, (count) => `No event was taken in: ${count} cannot be accepted.`);
  const stranger = z
    .object({
      events: z.array(z.object({ source: z.literal(source, `is not ${source}, whose secret signed the webhook`) })),
    })
    .safeParse(events);
  if (!stranger.success)
    throw refuseFields(stranger.error, (count) => `No event was taken in: ${count} cannot be accepted.`);
  return own.data.events;
}

/** Sources send their events here. A webhook that comes again changes nothing, because each event counts once. */
export const sourceWebhookRoutes = ({ db, vault, temporal, log }: ApiDeps) =>
  createRouter().openapi(receive, async (c) => {
    const { source } = c.req.valid('param');
    const body = await c.req.arrayBuffer();
    const header = (name: string) => c.req.header(`webhook-${name}`);
    const headers = { id: header('id'), timestamp: header('timestamp'), signature: header('signature') };
    const nowMs = Date.now();
    const by = await signerOf(db, vault, source, { headers, body: new Uint8Array(body), nowMs });
    c.env?.admit?.();
    const events = eventsIn(parseJson(body, 'body'), source);
    const incoming = events.map((wire, unit) => ({ wire, unit }));
    const { outcomes, shards, warnings } = await intakeEvents(db, incoming, { nowMs, strict: true, by });
    await wakeAccruals({ temporal, log }, shards);
    const results = outcomes.map((outcome, index) => ({
      source,
      id: events[index]?.id ?? '',
      status: resultOf(outcome),
    }));
    return c.json({ results, ...warningsBody(boundWarnings(warnings)) }, 200);
  });
