import { decideIneligible } from '../../../../commands/earnings/admissions.ts';
import {
  ADMISSION_DECISIONS,
  countIneligible,
  type IneligibleEvent,
  listIneligible,
} from '../../../../db/earnings/admissions.ts';
import { getProgram } from '../../../../db/programs/programs.ts';
import { readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { wakeAccruals } from '../../../http/wake.ts';
import { askReason, nextPage, table } from '../../components.ts';
import { countOf, formatInstant } from '../../format.ts';
import { type definePages, readForm, readReason, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { cursorPair, earningTabs, eventPath, kindWords, measureOf } from './event-words.ts';

const EVENTS_A_PAGE = 50;
const PATH = '/earnings/ineligible';

/** Events that wait for a person, because their partner was not eligible on their day. */
export function ineligiblePages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /earnings/ineligible', async (c, visitor) => {
    const waiting = await countIneligible(db);
    const code = c.req.query('program') ?? waiting[0]?.program;
    const program = code === undefined ? undefined : await getProgram(db, code);
    const read = async (count: number) => (program ? listIneligible(db, program.id, cursorPair(c), count) : []);
    const key = ({ eventId, partnerId }: IneligibleEvent) => ({ eventId, partnerId });
    const { items, nextCursor } = await readPage(EVENTS_A_PAGE, read, { key, item: (one) => one });
    const mayDecide = mayUse(visitor.roles, 'POST /earnings/ineligible/admit');
    const main = html`<header class="title">
        <h1>Earnings</h1>
        <p>
          These partners were not eligible on the day. The events earn nothing until somebody decides, or what is
          missing is recorded.
        </p>
      </header>
      ${earningTabs(PATH)}
      ${
        waiting.length > 1 &&
        html`<ul class="periods">
          ${waiting.map(
            (one) =>
              html`<li>
                <a href="${PATH}?${new URLSearchParams({ program: one.program }).toString()}">${one.program}</a>:
                ${countOf(one.count, 'event')}
              </li>`,
          )}
        </ul>`
      }
      ${table({
        caption: program ? `Events of ${program.name}` : 'Events that wait',
        columns: [
          'Event',
          'Partner',
          'Amount',
          'Why not',
          'Waits since',
          ...(mayDecide ? [{ label: 'Action', unseen: true }] : []),
        ],
        rows: items.map((event) => ({
          head: html`<a href="${eventPath(event.source, event.id)}">${kindWords(event.kind)}</a>
            <small>${event.source} ${event.id}</small>`,
          cells: [
            event.partner,
            measureOf({ ...event, quantity: null }),
            event.reason,
            html`<span class="day">${formatInstant(event.since, 'UTC')}</span>`,
            ...(mayDecide ? [actions(event)] : []),
          ],
        })),
        empty: 'Nothing waits. A program that parks events of partners who are not eligible puts them here.',
      })}
      ${nextPage(PATH, nextCursor, program ? { program: program.code } : {})}`;
    return sendPage(c, consolePage({ title: 'Not eligible', here: '/earnings/events', main }, visitor));
  });

  for (const decision of ADMISSION_DECISIONS)
    pages.on(`POST /earnings/ineligible/${decision}`, async (c, { actorId }) => {
      const form = await readForm(c, 'program', 'partner', 'source', 'id');
      const wish = { ...form, decision, reason: await readReason(c) };
      const { shard } = await decideIneligible(db, wish, actorId);
      await wakeAccruals({ temporal, log }, [shard]);
      return c.redirect(`${PATH}?${new URLSearchParams({ program: form.program }).toString()}`, 303);
    });
}

const actions = ({ eventId, partnerId, program, partner, source, id }: IneligibleEvent): Html => {
  const hidden = { program, partner, source, id };
  return html`<span class="actions">
    ${askReason({
      id: `admit-${eventId}-${partnerId}`,
      action: `${PATH}/admit`,
      button: 'Admit',
      title: `Admit ${id} for ${partner}?`,
      about: 'It earns as if the partner had been eligible.',
      hidden,
    })}
    ${askReason({
      id: `dismiss-${eventId}-${partnerId}`,
      action: `${PATH}/dismiss`,
      button: 'Dismiss',
      title: `Dismiss ${id} for ${partner}?`,
      about: 'It earns the partner nothing. The partner reads your reason.',
      hidden,
    })}
  </span>`;
};
