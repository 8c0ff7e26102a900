import {
  addEndpointSecret,
  changeEndpoint,
  dropEndpointSecret,
  sendAgain,
  sendDeadAgain,
} from '../../../../commands/tasks/webhooks.ts';
import {
  countDeliveries,
  type Delivery,
  listAttempts,
  listDeliveries,
} from '../../../../db/tasks/webhook-deliveries.ts';
import { type Endpoint, getEndpoint, listEndpointSecrets } from '../../../../db/tasks/webhooks.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { Failure } from '../../../../domain/errors.ts';
import { isUuid } from '../../../../domain/ids.ts';
import { DELIVERY_STATUSES, type DeliveryStatus, SECRETS_MAX } from '../../../../domain/runs/webhook.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { facts, nextPage, table, tag } from '../../components.ts';
import { type Filled, filters } from '../../form.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, idOf, type PageContext, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { DELIVERY, WEBHOOK_STATE } from '../../words.ts';
import { inSettings } from '../people/settings.ts';
import { endpointFields, newSecret, objectionsIn, readEndpointForm, WEBHOOKS } from './webhooks.ts';

const DELIVERIES_A_PAGE = 50;
const at = (when: Date): string => formatInstant(when, 'UTC');
const pathOf = (id: string): string => `${WEBHOOKS}/${id}`;

/** The id of an event in an address. Another text names nothing that exists. */
function eventOf(c: PageContext): string {
  const id = c.req.param('event') ?? '';
  if (isUuid(id)) return id;
  throw new Failure('not_found', `There is no event ${id}.`);
}

const mayChange = ({ roles }: Visitor): boolean => mayUse(roles, 'POST /settings/webhooks/{id}');

const button = (action: string, label: string, about?: string): Html =>
  html`<form method="post" action="${action}"><button ${about && html`aria-label="${about}"`}>${label}</button></form>`;

type Secrets = Awaited<ReturnType<typeof listEndpointSecrets>>;

const secretTable = (id: string, secrets: Secrets, visitor: Visitor): Html =>
  table({
    caption: 'Secrets in force',
    columns: ['Secret', 'Made by', 'Made', { label: 'Action', unseen: true }],
    rows: secrets.map((secret, index) => ({
      head: index === 0 ? 'first' : 'second',
      cells: [
        secret.createdBy,
        at(secret.createdAt),
        secrets.length > 1 && mayChange(visitor) && button(`${pathOf(id)}/secrets/${secret.id}/revoke`, 'Revoke'),
      ],
    })),
    empty: 'The endpoint has no secret.',
    aside: html`<small
      >To change it: make a second one, let the receiver accept both, then revoke the first one.</small
    >`,
  });

const deliveryRow = (id: string, visitor: Visitor) => (delivery: Delivery) => {
  const { eventId, type, createdAt, status, tries, dueAt, endedAt, lastError } = delivery;
  return {
    head: html`<a href="${pathOf(id)}/deliveries/${eventId}">${type}</a>`,
    cells: [
      at(createdAt),
      tag(DELIVERY[status]),
      html`${tries} ${lastError && html`<small>${lastError}</small>`}`,
      endedAt ? at(endedAt) : `next try ${at(dueAt)}`,
      mayChange(visitor) &&
        button(`${pathOf(id)}/deliveries/${eventId}/replay`, 'Send again', `Send again: ${type} of ${at(createdAt)}`),
    ],
  };
};

const editForm = ({ id, events }: Endpoint, filled: Filled, ticked: readonly string[] = events): Html =>
  html`<details class="card" ${filled.objections && html`open`}>
    <summary>Change the endpoint</summary>
    <form method="post" action="${pathOf(id)}" class="fields told">
      ${endpointFields(filled, ticked)}
      <p class="buttons"><button class="primary">Save</button></p>
    </form>
  </details>`;

/** Shows one endpoint: its settings, its secrets, and each delivery with its tries. */
export function webhookPage(
  { db, vault, settings: { webhooksLocal = false } }: ApiDeps,
  pages: ReturnType<typeof definePages>,
): void {
  async function draw(
    c: PageContext,
    visitor: Visitor,
    extra: { top?: Html; filled?: Filled; ticked?: string[] } = {},
  ) {
    const id = idOf(c, 'webhook endpoint');
    const endpoint = await getEndpoint(db, id);
    const status = DELIVERY_STATUSES.find((one) => one === c.req.query('status')) ?? null;
    const place = parseCursor(c.req.query('cursor') ?? '');
    const before = typeof place === 'string' && isUuid(place) ? place : null;
    const [secrets, counts, page] = await Promise.all([
      listEndpointSecrets(db, id),
      countDeliveries(db, id),
      readPage(DELIVERIES_A_PAGE, (count) => listDeliveries(db, id, status, before, count), {
        key: ({ eventId }) => eventId,
        item: deliveryRow(id, visitor),
      }),
    ]);
    const { url, description, events, isPaused, createdBy, createdAt } = endpoint;
    const countOf = (name: DeliveryStatus): number => counts.find((row) => row.status === name)?.count ?? 0;
    const values: Record<string, string> = status === null ? {} : { status };
    const choices = DELIVERY_STATUSES.map((value) => ({ value, label: DELIVERY[value].label }));
    return html`${inSettings(['Webhooks', WEBHOOKS])}
      <header class="title">
        <h1>${description || 'Webhook endpoint'} ${tag(WEBHOOK_STATE[isPaused ? 'paused' : 'active'])}</h1>
        <p>${url}</p>
      </header>
      ${extra.top}
      ${
        mayChange(visitor) &&
        html`<div class="actions">
          ${button(`${pathOf(id)}/${isPaused ? 'resume' : 'pause'}`, isPaused ? 'End the pause' : 'Pause')}
          ${secrets.length < SECRETS_MAX && button(`${pathOf(id)}/secrets`, 'Make a second secret')}
          ${countOf('dead') > 0 && button(`${pathOf(id)}/replay`, 'Send everything again that was given up')}
        </div>`
      }
      ${facts([
        ['Events', events.join(', ')],
        ['Waiting', String(countOf('pending'))],
        ['Given up', String(countOf('dead'))],
        ['Added', `${at(createdAt)} by ${createdBy}`],
      ])}
      ${mayChange(visitor) && editForm(endpoint, extra.filled ?? { values: { url, description } }, extra.ticked)}
      ${secretTable(id, secrets, visitor)}
      ${filters(pathOf(id), [{ name: 'status', label: 'State', choices, noChoice: 'all states' }], { values })}
      ${table({
        caption: 'Deliveries',
        columns: ['Event', 'Happened', 'State', 'Tries', 'Ended', { label: 'Action', unseen: true }],
        rows: page.items,
        empty:
          status === null
            ? 'Nothing happened yet that it asked for.'
            : 'No delivery is in this state. Show all to see the others.',
      })}
      ${nextPage(pathOf(id), page.nextCursor, values)}`;
  }
  const show = async (c: PageContext, visitor: Visitor, extra: Parameters<typeof draw>[2] = {}, status = 200) =>
    sendPage(
      c,
      consolePage({ title: 'Webhook endpoint', here: '/settings', main: await draw(c, visitor, extra) }, visitor),
      status,
    );
  const back = (c: PageContext) => c.redirect(pathOf(idOf(c, 'webhook endpoint')), 303);

  pages.on('GET /settings/webhooks/{id}', (c, visitor) => show(c, visitor));

  pages.on('POST /settings/webhooks/{id}', async (c, visitor) => {
    const wish = await readEndpointForm(c);
    try {
      await changeEndpoint(db, { webhooksLocal }, idOf(c, 'webhook endpoint'), wish, visitor.actorId);
    } catch (error) {
      const { events, ...values } = wish;
      return show(c, visitor, { filled: { values, objections: objectionsIn(error) }, ticked: events }, 400);
    }
    return back(c);
  });

  for (const verb of ['pause', 'resume'] as const)
    pages.on(`POST /settings/webhooks/{id}/${verb}`, async (c, { actorId }) => {
      await changeEndpoint(db, { webhooksLocal }, idOf(c, 'webhook endpoint'), { isPaused: verb === 'pause' }, actorId);
      return back(c);
    });

  pages.on('POST /settings/webhooks/{id}/secrets', async (c, visitor) => {
    const secret = await addEndpointSecret(db, vault, idOf(c, 'webhook endpoint'), visitor.actorId);
    return show(c, visitor, { top: newSecret(secret) }, 201);
  });

  pages.on('POST /settings/webhooks/{id}/secrets/{secret}/revoke', async (c, { actorId }) => {
    const secret = c.req.param('secret') ?? '';
    if (!isUuid(secret)) throw new Failure('not_found', `There is no secret ${secret}.`);
    await dropEndpointSecret(db, idOf(c, 'webhook endpoint'), secret, actorId);
    return back(c);
  });

  pages.on('POST /settings/webhooks/{id}/replay', async (c, { actorId }) => {
    await sendDeadAgain(db, idOf(c, 'webhook endpoint'), actorId);
    return back(c);
  });

  pages.on('POST /settings/webhooks/{id}/deliveries/{event}/replay', async (c, { actorId }) => {
    await sendAgain(db, idOf(c, 'webhook endpoint'), eventOf(c), actorId);
    return back(c);
  });

  pages.on('GET /settings/webhooks/{id}/deliveries/{event}', async (c, visitor) => {
    const id = idOf(c, 'webhook endpoint');
    const event = eventOf(c);
    const [{ description, url }, attempts] = await Promise.all([getEndpoint(db, id), listAttempts(db, id, event)]);
    const main = html`${inSettings(['Webhooks', WEBHOOKS], [description || url, pathOf(id)])}
      <header class="title">
        <h1>Tries of a webhook</h1>
        <p>Event ${event}</p>
      </header>
      ${table({
        caption: 'Tries, the newest first',
        columns: ['At', 'Answer', 'Reason', { label: 'Took', number: true }],
        rows: attempts.map(({ at: when, status, error, tookMs }) => ({
          head: at(when),
          cells: [status ?? 'none', error ?? 'taken', `${tookMs} ms`],
        })),
        empty: 'It was not tried yet. It is tried within a minute, unless the endpoint is paused.',
      })}`;
    return sendPage(c, consolePage({ title: 'Tries of a webhook', here: '/settings', main }, visitor));
  });
}
