import { retrySetAside } from '../../../../commands/earnings/set-aside.ts';
import { listSetAside, type SetAsideEvent } from '../../../../db/earnings/set-aside.ts';
import { getProgram } from '../../../../db/programs/programs.ts';
import { readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { wakeAccruals } from '../../../http/wake.ts';
import { hiddenFields, nextPage, table } from '../../components.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { cursorPair, earningTabs, eventPath, kindWords, measureOf } from './event-words.ts';

const EVENTS_A_PAGE = 50;
const PATH = '/earnings/set-aside';

/** Events that could not be worked out. Everything else goes on without them. */
export function setAsidePages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /earnings/set-aside', async (c, visitor) => {
    const read = (count: number) => listSetAside(db, cursorPair(c), count);
    const key = ({ eventId, partnerId, childId }: SetAsideEvent) => ({ eventId, partnerId, childId });
    const { items, nextCursor } = await readPage(EVENTS_A_PAGE, read, { key, item: (one) => one });
    const mayRetry = mayUse(visitor.roles, 'POST /earnings/set-aside/retry');
    const programs = [...new Set(items.map(({ program }) => program))];
    const main = html`<header class="title">
        <h1>Earnings</h1>
        <p>These events could not be worked out and earn nothing. Remove the cause, and try them again.</p>
      </header>
      ${earningTabs(PATH)}
      ${
        mayRetry &&
        programs.length > 0 &&
        html`<div class="actions">${programs.map((program) => retry({ program }, `Try all of ${program} again`))}</div>`
      }
      ${table({
        caption: 'Events that are set aside',
        columns: [
          'Event',
          'Program',
          'Partner',
          'Amount',
          'Why',
          'Since',
          ...(mayRetry ? [{ label: 'Action', unseen: true }] : []),
        ],
        rows: items.map((event) => ({
          head: html`<a href="${eventPath(event.source, event.id)}">${kindWords(event.kind)}</a>
            <small>${event.source} ${event.id}</small>`,
          cells: [
            event.program,
            event.partner,
            measureOf({ ...event, quantity: null }),
            event.reason,
            html`<span class="day">${formatInstant(event.since, 'UTC')}</span>`,
            ...(mayRetry
              ? [
                  retry(
                    { program: event.program, partner: event.partner, source: event.source, id: event.id },
                    'Try again',
                  ),
                ]
              : []),
          ],
        })),
        empty: 'Nothing is set aside. An event comes here when an error ends its calculation.',
      })}
      ${nextPage(PATH, nextCursor)}`;
    return sendPage(c, consolePage({ title: 'Set aside', here: '/earnings/events', main }, visitor));
  });

  pages.on('POST /earnings/set-aside/retry', async (c, { actorId }) => {
    const { program, ...others } = await readForm(c, 'program', 'partner', 'source', 'id');
    await getProgram(db, program);
    const named = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== ''));
    const { shards } = await retrySetAside(db, { program, ...named }, actorId);
    await wakeAccruals({ temporal, log }, shards);
    return c.redirect(PATH, 303);
  });
}

const retry = (hidden: Readonly<Record<string, string>>, words: string): Html =>
  html`<form method="post" action="${PATH}/retry">
    ${hiddenFields(hidden)}
    <button>${words}</button>
  </form>`;
