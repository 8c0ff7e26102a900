import { z } from 'zod';

import { listWaitingDetails, type WaitingDetails } from '../../../../db/partners/details-calls.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayOpen } from '../../../http/within-reach.ts';
import { nextPage, table } from '../../components.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { METHOD } from '../../words.ts';
import { workTabs } from '../tasks/tabs.ts';
import { partnerPath, ZONE } from './address.ts';

const DETAILS_A_PAGE = 50;

/** The changed payout details that wait for a call. */
export function waitingCallPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /calls', async (c, visitor) => {
    const after = z.uuid().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const mayCall = mayOpen(visitor, 'GET /partners/{code}/details/{id}/call');
    const rowOf = ({ id, partner, name, method, last4, createdAt, usableFrom, addedBy }: WaitingDetails) => ({
      head: html`<a href="${partnerPath(partner)}">${name}</a> <small>${partner}</small>`,
      cells: [
        `${METHOD[method]}${last4 === '' ? '' : ` •••• ${last4}`}`,
        html`<span class="day">${formatInstant(createdAt, ZONE)}</span> <small>by ${addedBy ?? 'the server'}</small>`,
        html`<span class="day">${formatInstant(usableFrom, ZONE)}</span>`,
        mayCall && html`<a class="button" href="${partnerPath(partner)}/details/${id}/call">Call back…</a>`,
      ],
    });
    const { items, nextCursor } = await readPage(DETAILS_A_PAGE, (count) => listWaitingDetails(db, after, count), {
      key: ({ id }) => id,
      item: rowOf,
    });
    const main = html`<header class="title">
        <h1>Calls</h1>
        <p>
          These payout details changed. Nothing is paid to them before a person who did not add them calls the partner
          back, on a number that was known before.
        </p>
      </header>
      ${workTabs('/calls', visitor)}
      ${table({
        caption: 'Details that wait for a call',
        columns: ['Partner', 'Details', 'Added', 'Cooling off until', { label: 'Action', unseen: true }],
        rows: items,
        empty: 'No details wait for a call. They do where a program of the partner asks for it.',
      })}
      ${nextPage('/calls', nextCursor)}`;
    return sendPage(c, consolePage({ title: 'Calls', here: '/tasks', main }, visitor));
  });
}
