import { z } from 'zod';

import {
  getReRating,
  type ItemKey,
  listReRatingItems,
  listReRatings,
  readReRatingDecider,
  type ReRating,
  type ReRatingItem,
  sumReRating,
} from '../../../../db/earnings/re-ratings.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { whyNotDecideReRating } from '../../../../domain/earnings/re-rating.ts';
import { isUuid } from '../../../../domain/ids.ts';
import { money } from '../../../../domain/money.ts';
import { csvHeaders } from '../../../http/csv.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { RowNumber } from '../../../http/schemas.ts';
import { reRatingCsv } from '../../../routes/earnings/re-ratings.ts';
import { askReason, facts, nextPage, table, tag } from '../../components.ts';
import { RE_RATING_ITEM_STATUS, RE_RATING_STATUS } from '../../earning-words.ts';
import { filters } from '../../form.ts';
import { countOf, formatDay, formatInstant, sayAmount } from '../../format.ts';
import { type definePages, idOf, type PageContext, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { programPath } from '../programs/paths.ts';
import { earningTabs } from './event-words.ts';

const RE_RATINGS_A_PAGE = 50;
const ITEMS_A_PAGE = 200;
export const PATH = '/earnings/re-ratings';
const Place = z.strictObject({ partnerId: RowNumber, currency: z.string().max(80) });

export const daysOf = ({ from, until }: Pick<ReRating, 'from' | 'until'>): string =>
  `from ${formatDay(from)}${until === null ? '' : ` until before ${formatDay(until)}`}`;

/** The events of some days are worked out again. One person proposes it, and another one confirms what that changes. */
export function reRatingPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const send = (c: PageContext, visitor: Visitor, main: Html, status = 200) =>
    sendPage(c, consolePage({ title: 'Re-ratings', here: '/earnings/events', main }, visitor), status);

  pages.on('GET /earnings/re-ratings', async (c, visitor) => {
    const program = (c.req.query('program') ?? '').trim();
    const place = parseCursor(c.req.query('cursor') ?? '');
    const before = typeof place === 'string' && isUuid(place) ? place : null;
    const read = (count: number) => listReRatings(db, program === '' ? null : program, before, count);
    const { items, nextCursor } = await readPage(RE_RATINGS_A_PAGE, read, { key: ({ id }) => id, item: (one) => one });
    const values = program === '' ? {} : { program };
    const main = html`<header class="title">
        <h1>Earnings</h1>
        <p>Changed terms count from their day on. A re-rating works out the events of some days again.</p>
      </header>
      ${earningTabs(PATH)}
      ${
        mayUse(visitor.roles, 'GET /earnings/re-ratings/new') &&
        html`<p class="actions"><a class="button primary" href="${PATH}/new">Work out days again…</a></p>`
      }
      ${filters(PATH, [{ name: 'program', label: 'Program' }], { values })}
      ${table({
        caption: 'Re-ratings',
        columns: ['Days', 'Program', 'Reason', 'Proposed by', 'Status'],
        rows: items.map((one) => ({
          head: html`<a href="${PATH}/${one.id}">${daysOf(one)}</a>
            ${one.partner && html`<small>${one.partner} alone</small>`}`,
          cells: [
            one.program,
            one.reason,
            html`${one.proposedBy} <small>${formatInstant(one.proposedAt, 'UTC')}</small>`,
            tag(RE_RATING_STATUS[one.status]),
          ],
        })),
        empty: 'No day was worked out again.',
      })}
      ${nextPage(PATH, nextCursor, values)}`;
    return send(c, visitor, main);
  });

  pages.on('GET /earnings/re-ratings/{id}', async (c, visitor) => {
    const found = await getReRating(db, idOf(c, 're-rating'));
    const place = Place.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? { partnerId: 0n, currency: '' };
    const [totals, { items, nextCursor }, decider] = await Promise.all([
      sumReRating(db, found.id),
      readPage(ITEMS_A_PAGE, (count) => listReRatingItems(db, found.id, place, count), {
        key: ({ partnerId, currency }: ItemKey) => ({ partnerId, currency }),
        item: (one: ReRatingItem) => one,
      }),
      readReRatingDecider(db, found.id, visitor.actorId),
    ]);
    const refusal = whyNotDecideReRating(found, { id: visitor.actorId, ...decider }, 'confirm');
    const path = `${PATH}/${found.id}`;
    const main = html`<header class="title">
        <p><a href="${PATH}">Re-ratings</a> / <a href="${programPath(found.program)}">${found.program}</a></p>
        <h1>Days worked out again ${tag(RE_RATING_STATUS[found.status])}</h1>
        <p>${daysOf(found)}${found.partner && html`, for ${found.partner} alone`}: ${found.reason}</p>
        ${found.status === 'refused' && html`<p>${found.note}</p>`}
        ${found.status === 'proposed' && decision(path, visitor, refusal?.message)}
      </header>
      <div class="columns">
        <section>
          ${table({
            caption: 'Changes for each partner',
            columns: [
              'Partner',
              { label: 'Events', number: true },
              { label: 'Earned', number: true },
              { label: 'Would have earned', number: true },
              { label: 'Difference', number: true },
              'Status',
            ],
            rows: items.map(({ partner, events, before, after, currency, status }) => ({
              head: partner,
              cells: [
                events,
                sayAmount(money(before, currency)),
                sayAmount(money(after, currency)),
                html`<strong>${sayAmount(money(after - before, currency))}</strong>`,
                tag(RE_RATING_ITEM_STATUS[status]),
              ],
            })),
            empty:
              found.status === 'preparing'
                ? 'It is being worked out. Read this page again.'
                : 'Nothing changes for anybody.',
            aside: html`<a href="${path}/items.csv">CSV</a>`,
          })}
          ${nextPage(path, nextCursor)}
        </section>
        <aside>
          <section class="card">
            <h2>In all</h2>
            ${facts(
              totals.map(({ currency, before, after, partners }) => [
                currency,
                html`${sayAmount(money(after - before, currency))} <small>${countOf(partners, 'partner')}</small>`,
              ]),
            )}
          </section>
          ${story(found)}
        </aside>
      </div>`;
    return send(c, visitor, main);
  });

  pages.on('GET /earnings/re-ratings/{id}/items.csv', async (c) => {
    const { id } = await getReRating(db, idOf(c, 're-rating'));
    return c.body(await reRatingCsv(db, id), 200, {
      ...csvHeaders(`re-rating-${id}.csv`),
      'cache-control': 'no-store',
    });
  });
}

/** The buttons of a person who may decide, or the reason why they may not. */
function decision(path: string, { roles }: Visitor, refusal: string | undefined): Html {
  if (!mayUse(roles, 'POST /earnings/re-ratings/{id}/confirm')) return html`<p>It waits for another person.</p>`;
  if (refusal !== undefined) return html`<p>You cannot decide it. ${refusal}</p>`;
  return html`<div class="actions">
    <form method="post" action="${path}/confirm"><button class="primary">Confirm these changes…</button></form>
    ${askReason({
      id: 'decline',
      action: `${path}/decline`,
      button: 'Decline',
      title: 'Decline this re-rating?',
      about: 'Nothing is booked. The proposer reads your reason.',
    })}
  </div>`;
}

const story = ({ proposedBy, proposedAt, decidedBy, decidedAt, status, note, doneAt }: ReRating): Html =>
  html`<section class="card">
    <h2>What happened</h2>
    <ol class="timeline">
      <li><strong>Proposed by ${proposedBy}</strong> <small>${formatInstant(proposedAt, 'UTC')}</small></li>
      ${
        decidedBy &&
        decidedAt &&
        html`<li>
          <strong>${status === 'declined' ? 'Declined' : 'Confirmed'} by ${decidedBy}</strong>
          <small>${formatInstant(decidedAt, 'UTC')}</small>
          ${note && html`<q>${note}</q>`}
        </li>`
      }
      ${doneAt && html`<li><strong>Booked</strong> <small>${formatInstant(doneAt, 'UTC')}</small></li>`}
    </ol>
  </section>`;
