import { z } from 'zod';

import {
  COUNTED_MAX,
  countUnread,
  listNotices,
  markAllNoticesRead,
  markNoticeRead,
  type Notice,
  type NoticeReader,
} from '../../db/tasks/notices.ts';
import { Failure } from '../../domain/errors.ts';
import type { NoticePart } from '../../domain/tasks/notice-content.ts';
import { parseCursor, readPage } from '../http/cursor.ts';
import type { ApiDeps } from '../http/deps.ts';
import { Instant } from '../http/schemas.ts';
import { nextPage } from './components.ts';
import { formatInstant } from './format.ts';
import type { PageContext } from './guard.ts';
import { html, type Html } from './html.ts';
import { say } from './say.ts';

/** The list of notices, which the console and the portal share. */

const NOTICES_A_PAGE = 20;
const Place = z.strictObject({ toldAt: Instant, id: z.string().regex(/^\d{1,18}$/) });
const ID = /^\d{1,18}$/;

type Shown = {
  reader: NoticeReader;
  path: string;
  zone: string;
  empty: string;
  /** The address at which the reader opens a page that a notice links to. */
  lead?: (path: string) => string;
};

/** The notices of a reader, newest first, with what is not read yet open. */
export async function noticesOf({ db }: ApiDeps, c: PageContext, shown: Shown): Promise<Html> {
  const { reader, path, empty } = shown;
  const place = Place.safeParse(parseCursor(c.req.query('cursor') ?? '')).data;
  const before = place ? { toldAt: new Date(place.toldAt), id: BigInt(place.id) } : null;
  const [unread, page] = await Promise.all([
    countUnread(db, reader),
    readPage(NOTICES_A_PAGE, (count) => listNotices(db, reader, before, count), {
      key: ({ toldAt, id }) => ({ toldAt, id }),
      item: (notice) => notice,
    }),
  ]);
  return html`<header class="title">
      <h1>${say('place.notices')}</h1>
      <p>
        ${unreadWords(unread)}
        <a href="/notices/choices">${say('notices.choose')}</a>
      </p>
    </header>
    ${
      unread > 0 &&
      html`<form method="post" action="${path}/read" class="actions"><button>${say('notices.markAll')}</button></form>`
    }
    ${
      page.items.length === 0
        ? html`<section class="empty">
            <h2>${before ? say('notices.noOlder') : say('notices.none')}</h2>
            <p>${empty}</p>
          </section>`
        : html`<ol class="notices">
            ${page.items.map((notice) => item(notice, shown))}
          </ol>`
    }
    ${nextPage(path, page.nextCursor)}`;
}

function unreadWords(count: number): string {
  if (count === 0) return say('notices.read');
  return count === COUNTED_MAX ? say('notices.unreadMany', { count }) : say('notices.unread', { count });
}

const item = ({ id, content, toldAt, isRead }: Notice, { path, zone, lead = (to) => to }: Shown): Html =>
  html`<li class="card" id="notice-${id}" ${!isRead && html`data-is="unread"`}>
    <details ${!isRead && html`open`}>
      <summary>
        <strong>${content.subject}</strong>
        ${!isRead && html`<span class="tag" data-tone="watch">${say('notices.new')}</span>`}
        <small>${formatInstant(toldAt, zone)}</small>
      </summary>
      <div class="told">
        ${content.parts.map((told) => part(told, lead))}
        ${
          !isRead &&
          html`<form method="post" action="${path}/${id}/read">
            <button aria-label="${say('notices.markThis', { subject: content.subject })}">
              ${say('notices.mark')}
            </button>
          </form>`
        }
      </div>
    </details>
  </li>`;

function part(told: NoticePart, lead: (path: string) => string): Html {
  switch (told.is) {
    case 'text':
      return html`<p>${told.text}</p>`;
    case 'heading':
      return html`<h3>${told.text}</h3>`;
    case 'reference':
      return html`<p><small>${told.text}</small></p>`;
    case 'link':
      return html`<p><a class="button" href="${lead(told.path)}">${told.label}</a></p>`;
    case 'command':
      return html`<p><code>${told.before}${told.path}${told.after}</code></p>`;
    case 'totals':
      return html`<p>${told.title}</p>
        <ul class="plain">
          ${told.rows.map(({ amount, about }) => html`<li><strong>${amount}</strong> ${about}</li>`)}
        </ul>`;
    case 'list':
      return html`<p>${told.title}</p>
        <ul class="plain">
          ${told.items.map(({ text, path }) => html`<li>${path === null ? text : html`<a href="${lead(path)}">${text}</a>`}</li>`)}
        </ul>`;
  }
}

/** Marks the notice of the address as read, and returns to it. Throws Failure `not_found`. */
export async function readOne({ db }: ApiDeps, c: PageContext, reader: NoticeReader, path: string): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const isThere = ID.test(id) && (await markNoticeRead(db, reader, BigInt(id)));
  if (!isThere) throw new Failure('not_found', `There is no notice ${id}.`);
  return c.redirect(path, 303);
}

/** Marks everything as read, and returns to the list. */
export async function readAll({ db }: ApiDeps, c: PageContext, reader: NoticeReader, path: string): Promise<Response> {
  await markAllNoticesRead(db, reader);
  return c.redirect(path, 303);
}
