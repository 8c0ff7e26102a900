import { addEndpoint } from '../../../../commands/tasks/webhooks.ts';
import { type Endpoint, listEndpoints } from '../../../../db/tasks/webhooks.ts';
import { Failure, type FailureDetail } from '../../../../domain/errors.ts';
import { WEBHOOK_EVENTS } from '../../../../domain/runs/webhook.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { nextPage, table, tag } from '../../components.ts';
import { field, type Filled, objectionsOf } from '../../form.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, type PageContext, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { WEBHOOK_STATE } from '../../words.ts';
import { inSettings } from '../people/settings.ts';
import { isUuid } from '../../../../domain/ids.ts';

const ENDPOINTS_A_PAGE = 50;
export const WEBHOOKS = '/settings/webhooks';

/** The fields of an endpoint, as its two forms ask for them. */
export function endpointFields(filled: Filled, events: readonly string[]): Html {
  const wrong = filled.objections?.find((objection) => objection.field === 'events')?.reason;
  return html`${objectionsOf(['url', 'description', 'events'], filled.objections)}
    ${field(
      {
        name: 'url',
        label: 'Address',
        help: 'It begins with https://, and leads to a server on the Internet. Redirects are not followed.',
        required: true,
        lengthMax: 500,
      },
      filled,
    )}
    ${field({ name: 'description', label: 'For what', lengthMax: 200 }, filled)}
    <fieldset class="field">
      <legend>Events</legend>
      ${wrong && html`<p class="wrong">Events ${wrong}.</p>`}
      <div class="ticks">
        ${WEBHOOK_EVENTS.map(
          (event) =>
            html`<label class="tick"
              ><input type="checkbox" name="events" value="${event}" ${events.includes(event) && html`checked`} />
              ${event}</label
            >`,
        )}
      </div>
    </fieldset>`;
}

/** The typed values of an endpoint's form. */
export async function readEndpointForm(c: PageContext) {
  const { url, description } = await readForm(c, 'url', 'description');
  const { events: ticked = [] } = await c.req.parseBody({ all: true });
  const events = [ticked].flat().filter((event) => typeof event === 'string');
  return { url: url.trim(), description: description.trim(), events };
}

/** The objections of a refused form. Another failure is thrown on. */
export function objectionsIn(error: unknown): readonly FailureDetail[] {
  if (error instanceof Failure && error.code === 'invalid_input') return error.details;
  throw error;
}

/** A new secret, shown this once. */
export const newSecret = (secret: string): Html =>
  html`<section class="card notice" data-tone="watch" role="status">
    <h2>Copy the secret now</h2>
    <p>It is shown only this once. The receiver verifies each webhook with it, as Standard Webhooks says.</p>
    <p class="secret"><code>${secret}</code></p>
  </section>`;

const newForm = (filled: Filled, events: readonly string[]): Html =>
  html`${inSettings(['Webhooks', WEBHOOKS])}
    <header class="title"><h1>Add an endpoint</h1></header>
    <form method="post" action="/settings/new-webhook" class="card fields">
      ${endpointFields(filled, events)}
      <p class="buttons"><a class="button" href="${WEBHOOKS}">Not now</a> <button class="primary">Add</button></p>
    </form>`;

const rowOf = ({ id, url, description, events, isPaused, createdAt }: Endpoint) => ({
  head: html`<a href="${WEBHOOKS}/${id}">${description || url}</a> ${description && html`<small>${url}</small>`}`,
  cells: [tag(WEBHOOK_STATE[isPaused ? 'paused' : 'active']), events.join(', '), formatInstant(createdAt, 'UTC')],
});

/** Operators add the systems of the company that are told what happens. */
export function webhookPages(
  { db, vault, settings: { webhooksLocal = false } }: ApiDeps,
  pages: ReturnType<typeof definePages>,
): void {
  pages.on('GET /settings/webhooks', async (c, visitor) => {
    const place = parseCursor(c.req.query('cursor') ?? '');
    const after = typeof place === 'string' && isUuid(place) ? place : null;
    const { items, nextCursor } = await readPage(ENDPOINTS_A_PAGE, (count) => listEndpoints(db, after, count), {
      key: ({ id }) => id,
      item: rowOf,
    });
    const main = html`${inSettings(['Webhooks', WEBHOOKS])}
      <header class="title">
        <h1>Webhooks</h1>
        <p>Bursar tells systems of your company what happens, each event at least once.</p>
      </header>
      ${mayUse(visitor.roles, 'GET /settings/new-webhook') && html`<p class="buttons"><a class="button primary" href="/settings/new-webhook">Add an endpoint…</a></p>`}
      ${table({
        caption: 'Endpoints',
        columns: ['Endpoint', 'State', 'Events', 'Added'],
        rows: items,
        empty: 'No system is told anything. An operator adds an endpoint, and it gets what happens from then on.',
      })}
      ${nextPage(WEBHOOKS, nextCursor)}`;
    return sendPage(c, consolePage({ title: 'Webhooks', here: '/settings', main }, visitor));
  });

  pages.on('GET /settings/new-webhook', (c, visitor) =>
    sendPage(
      c,
      consolePage({ title: 'Add an endpoint', here: '/settings', main: newForm({ values: {} }, []) }, visitor),
    ),
  );

  pages.on('POST /settings/new-webhook', async (c, visitor) => {
    const wish = await readEndpointForm(c);
    try {
      const added = await addEndpoint(db, { vault, webhooksLocal }, { ...wish, isPaused: false }, visitor.actorId);
      const main = html`${inSettings(['Webhooks', WEBHOOKS])}
        <header class="title"><h1>The endpoint is added</h1></header>
        ${newSecret(added.secret)}
        <p class="buttons"><a class="button primary" href="${WEBHOOKS}/${added.id}">Go on to the endpoint</a></p>`;
      return await sendPage(c, consolePage({ title: 'The endpoint is added', here: '/settings', main }, visitor), 201);
    } catch (error) {
      const { events, ...values } = wish;
      const main = newForm({ values, objections: objectionsIn(error) }, events);
      return sendPage(c, consolePage({ title: 'Add an endpoint', here: '/settings', main }, visitor), 400);
    }
  });
}
