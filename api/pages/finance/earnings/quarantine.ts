import { decideQuarantined } from '../../../../commands/earnings/quarantine.ts';
import { type KnownEvent, listKnownEvents } from '../../../../db/earnings/known-events.ts';
import {
  listQuarantine,
  QUARANTINE_STATUSES,
  type QuarantinedEvent,
  type QuarantineStatus,
} from '../../../../db/earnings/quarantine.ts';
import { printMainAmount } from '../../../../domain/exact-amount.ts';
import { readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { wakeAccruals } from '../../../http/wake.ts';
import { askReason, nextPage, table, tag } from '../../components.ts';
import { filters } from '../../form.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, numberOf, readReason, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { QUARANTINE_STATUS } from '../../earning-words.ts';
import { cursorNumber, earningTabs, eventPath, sentText } from './event-words.ts';

const EVENTS_A_PAGE = 50;
const PATH = '/earnings/quarantine';

const statusIn = (text: string | undefined): QuarantineStatus =>
  QUARANTINE_STATUSES.find((status) => status === text) ?? 'open';

/** Events that came again with other content. A person says which content counts. */
export function quarantinePages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /earnings/quarantine', async (c, visitor) => {
    const status = statusIn(c.req.query('status'));
    const read = (count: number) => listQuarantine(db, status, cursorNumber(c), count);
    const { items, nextCursor } = await readPage(EVENTS_A_PAGE, read, {
      key: ({ number }) => number,
      item: (one) => one,
    });
    const known = await listKnownEvents(db, items);
    const mayDecide = mayUse(visitor.roles, 'POST /earnings/quarantine/{id}/accept');
    const main = html`<header class="title">
        <h1>Earnings</h1>
        <p>A source sent these events again with other content. The first content counts until somebody decides.</p>
      </header>
      ${earningTabs(PATH)}
      ${filters(
        PATH,
        [
          {
            name: 'status',
            label: 'Status',
            choices: QUARANTINE_STATUSES.map((value) => ({ value, label: QUARANTINE_STATUS[value].label })),
            noChoice: QUARANTINE_STATUS.open.label,
          },
        ],
        { values: { status } },
      )}
      ${table({
        caption: 'Events in quarantine',
        columns: ['Event', 'Came', 'What differs', 'Status', ...(mayDecide ? [{ label: 'Action', unseen: true }] : [])],
        rows: items.map((event) => ({
          head: html`<a href="${eventPath(event.source, event.id)}">${event.id}</a> <small>${event.source}</small>`,
          cells: [
            html`<span class="day">${formatInstant(event.receivedAt, 'UTC')}</span>`,
            differencesOf(event, known),
            html`${tag(QUARANTINE_STATUS[event.status])}
            ${event.reason && html`<small>${event.decidedBy}: ${event.reason}</small>`}`,
            ...(mayDecide ? [event.status === 'open' && decision(event)] : []),
          ],
        })),
        empty:
          status === 'open' ? 'Nothing waits. An event comes here when its source sends it again changed.' : 'None.',
      })}
      ${nextPage(PATH, nextCursor, { status })}`;
    return sendPage(c, consolePage({ title: 'Quarantine', here: '/earnings/events', main }, visitor));
  });

  for (const verb of ['accept', 'dismiss'] as const)
    pages.on(`POST /earnings/quarantine/{id}/${verb}`, async (c, { actorId }) => {
      const number = numberOf(c, 'quarantined event');
      const wish = { number, decision: verb, reason: await readReason(c), actorId, nowMs: Date.now() };
      const { shards } = await decideQuarantined(db, wish);
      await wakeAccruals({ temporal, log }, shards);
      return c.redirect(PATH, 303);
    });
}

const decision = ({ number, id }: QuarantinedEvent): Html =>
  html`<span class="actions">
    ${askReason({
      id: `accept-${number}`,
      action: `${PATH}/${number}/accept`,
      button: 'Accept',
      title: `Accept the new content of ${id}?`,
      about: 'It becomes the next revision. The earnings of the content before are corrected.',
    })}
    ${askReason({
      id: `dismiss-${number}`,
      action: `${PATH}/${number}/dismiss`,
      button: 'Dismiss',
      title: `Dismiss the new content of ${id}?`,
      about: 'It counts for nothing, for ever. The first content stays as it is.',
    })}
  </span>`;

/** The fields that people compare first. Others are named without their content. */
function differencesOf({ source, id, payload }: QuarantinedEvent, known: readonly KnownEvent[]): Html {
  const before = known.findLast((one) => one.source === source && one.id === id);
  const was: Record<string, string | undefined> = before
    ? {
        partner: before.partner,
        program: before.program,
        kind: before.kind,
        amount: printMainAmount(before) ?? undefined,
        currency: before.currency ?? undefined,
        quantity: before.quantity === null ? undefined : String(before.quantity),
      }
    : {};
  const differing = Object.entries(was).filter(([name, value]) => sentText(payload, name) !== value);
  return differing.length === 0
    ? html`other fields than its amount and its partner`
    : html`<ul>
        ${differing.map(([name, value]) => html`<li>${name}: <del>${value ?? 'none'}</del> <ins>${sentText(payload, name) ?? 'none'}</ins></li>`)}
      </ul>`;
}
