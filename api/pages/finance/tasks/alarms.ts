import { clearAlarm } from '../../../../commands/tasks/alarms.ts';
import { type Alarm, listAlarms } from '../../../../db/tasks/alarms.ts';
import { Failure } from '../../../../domain/errors.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { RowNumber } from '../../../http/schemas.ts';
import { nextPage } from '../../components.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { subjectLink } from '../../subjects.ts';
import { workTabs } from './tabs.ts';

const ALARMS_A_PAGE = 50;

/** An alarm with everything that was found while it was open, and the button that ends it. */
export const alarmCard = ({ id, kind, subject, facts, raisedAt }: Alarm, mayClear: boolean): Html =>
  html`<section class="card notice" data-tone="alert">
    <h2>${kind.replaceAll('_', ' ')} ${subjectLink(subject)}</h2>
    <ul class="plain">
      ${facts.map(({ detail, at }) => html`<li>${detail} <small class="day">${formatInstant(new Date(at), 'UTC')}</small></li>`)}
    </ul>
    <p><small>Raised ${formatInstant(raisedAt, 'UTC')}. It changed nothing by itself.</small></p>
    ${mayClear && html`<form method="post" action="/alarms/${id}/clear"><button>Clear it</button></form>`}
  </section>`;

/** Everything odd that nobody has looked into. */
export function alarmPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /alarms', async (c, visitor) => {
    const after = RowNumber.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? 0n;
    const read = (count: number) => listAlarms(db, after, count);
    const { items, nextCursor } = await readPage(ALARMS_A_PAGE, read, { key: ({ id }) => id, item: (one) => one });
    const mayClear = mayUse(visitor.roles, 'POST /alarms/{id}/clear');
    const main = html`<header class="title">
        <h1>Alarms</h1>
        <p>
          Each says that something is odd. The oldest stands first. Clear one when its cause is gone: if it is not,
          Bursar raises it again.
        </p>
      </header>
      ${workTabs('/alarms', visitor)}
      ${
        items.length === 0
          ? html`<section class="empty">
              <h2>No alarm is open</h2>
              <p>Bursar raises one when it finds something that a person should look at.</p>
            </section>`
          : items.map((alarm) => alarmCard(alarm, mayClear))
      }
      ${nextPage('/alarms', nextCursor)}`;
    return sendPage(c, consolePage({ title: 'Alarms', here: '/tasks', main }, visitor));
  });

  pages.on('POST /alarms/{id}/clear', async (c, { actorId }) => {
    const id = RowNumber.safeParse(c.req.param('id')).data;
    if (id === undefined) throw new Failure('not_found', `There is no open alarm ${c.req.param('id')}.`);
    await clearAlarm(db, id, actorId);
    return c.redirect('/alarms', 303);
  });
}
