import { decideParked, dismissAllParked } from '../../../../commands/earnings/parked.ts';
import { listParked, PARKED_STATUSES, type ParkedEvent } from '../../../../db/earnings/parked.ts';
import { getProgram } from '../../../../db/programs/programs.ts';
import { readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { askReason, nextPage, table } from '../../components.ts';
import { filters } from '../../form.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, numberOf, readForm, readReason, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { PARKED_STATUS } from '../../earning-words.ts';
import { cursorNumber, earningTabs, kindWords, sentText } from './event-words.ts';

const EVENTS_A_PAGE = 50;
const PATH = '/earnings/parked';

/** Events whose partner is not known yet, or has no agreement on their day. */
export function parkedPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /earnings/parked', async (c, visitor) => {
    const status = PARKED_STATUSES.find((one) => one === c.req.query('status')) ?? 'parked';
    const read = (count: number) => listParked(db, status, cursorNumber(c), count);
    const { items, nextCursor } = await readPage(EVENTS_A_PAGE, read, {
      key: ({ number }) => number,
      item: (one) => one,
    });
    const mayDecide = mayUse(visitor.roles, 'POST /earnings/parked/{id}/dismiss');
    const main = html`<header class="title">
        <h1>Earnings</h1>
        <p>
          These events wait for their partner. They are taken in a minute after the partner has an agreement on their
          day.
        </p>
      </header>
      ${earningTabs(PATH)}
      ${filters(
        PATH,
        [
          {
            name: 'status',
            label: 'Status',
            choices: PARKED_STATUSES.map((value) => ({ value, label: PARKED_STATUS[value] })),
            noChoice: PARKED_STATUS.parked,
          },
        ],
        { values: { status } },
      )}
      ${table({
        caption: 'Parked events',
        columns: [
          'Event',
          'Came',
          'Waits for',
          'Program',
          'Amount',
          ...(mayDecide ? [{ label: 'Action', unseen: true }] : []),
        ],
        rows: items.map((event) => ({
          head: html`${kindWords(sentText(event.payload, 'kind') ?? '')} <small>${event.source} ${event.id}</small>`,
          cells: [
            html`<span class="day">${formatInstant(event.parkedAt, 'UTC')}</span>`,
            html`${event.partner}
              <small>${event.isKnown ? 'known, without an agreement on that day' : 'not known'}</small>
              ${event.reason && html`<small>${event.decidedBy}: ${event.reason}</small>`}`,
            event.program,
            `${sentText(event.payload, 'amount') ?? '–'} ${sentText(event.payload, 'currency') ?? ''}`,
            ...(mayDecide ? [actions(event)] : []),
          ],
        })),
        empty:
          status === 'parked'
            ? 'Nothing is parked. A program that parks events of unknown partners puts them here.'
            : 'Nothing was dismissed.',
      })}
      ${nextPage(PATH, nextCursor, { status })}`;
    return sendPage(c, consolePage({ title: 'Parked events', here: '/earnings/events', main }, visitor));
  });

  for (const verb of ['dismiss', 'restore'] as const)
    pages.on(`POST /earnings/parked/{id}/${verb}`, async (c, { actorId }) => {
      const number = numberOf(c, 'parked event');
      await decideParked(db, { number, decision: verb, reason: await readReason(c), actorId });
      return c.redirect(PATH, 303);
    });

  pages.on('POST /earnings/parked/dismiss', async (c, { actorId }) => {
    const form = await readForm(c, 'program', 'partner');
    const { code: program } = await getProgram(db, form.program);
    await dismissAllParked(db, { program, partner: form.partner, reason: await readReason(c) }, actorId);
    return c.redirect(PATH, 303);
  });
}

const actions = ({ number, status, id, partner, program }: ParkedEvent): Html =>
  status === 'dismissed'
    ? askReason({
        id: `restore-${number}`,
        action: `${PATH}/${number}/restore`,
        button: 'Restore',
        title: `Let ${id} wait again?`,
        about: 'It is taken in when its partner has an agreement on its day.',
      })
    : html`<span class="actions">
        ${askReason({
          id: `dismiss-${number}`,
          action: `${PATH}/${number}/dismiss`,
          button: 'Dismiss',
          title: `Dismiss ${id}?`,
          about: 'It counts for nothing, until it is sent again or restored.',
        })}
        ${askReason({
          id: `all-${number}`,
          action: `${PATH}/dismiss`,
          button: 'Dismiss all of this code',
          title: `Dismiss all events that wait for ${partner}?`,
          about: `All parked events of ${partner} in ${program} count for nothing, until they are sent again or restored. A mistyped code is such a case.`,
          hidden: { program, partner },
        })}
      </span>`;
