import { z } from 'zod';

import { endDeal, extendDeal, registerDeal } from '../../../../commands/earnings/deals.ts';
import { type Deal, getDeal, listDeals, listExtensions } from '../../../../db/earnings/deals.ts';
import { listAgreements } from '../../../../db/partners/agreements.ts';
import { listReviews } from '../../../../db/programs/reviews.ts';
import { DEAL_STATUSES, isDealOver } from '../../../../domain/earnings/deal.ts';
import { addDays } from '../../../../domain/calendar.ts';
import { money } from '../../../../domain/money.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { wakeDecisionQuietly } from '../../../http/wake.ts';
import { ExtensionBody, MyNewDealBody, wishOf } from '../../../routes/earnings/deal-bodies.ts';
import { facts, nextPage, table, tag } from '../../components.ts';
import { dealStatus } from '../../decision-words.ts';
import { field, type Filled, filledIn, filters, objectionsOf, orObjections, readBy } from '../../form.ts';
import { formatDay, formatInstant, sayAmount } from '../../format.ts';
import { readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { type Own, portalOf, portalPage } from '../../layout.ts';
import { getOwn } from '../own.ts';
import { say } from '../../say.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';
import { bodyOf, DEAL_FIELDS, dealFields, extension, ofForm } from './deal-form.ts';
import { historyOf, readWithdrawal, withdrawal } from './decisions.ts';

const DEALS_A_PAGE = 50;
const PROGRAMS_MAX = 200;
const Status = z.enum(DEAL_STATUSES);
const NONE: Filled = { values: {} };

/** The deals of a partner: to register a customer, follow the decision, ask for longer protection, and withdraw. */
export function dealPages(deps: ApiDeps, portal: Portal): void {
  const { db } = deps;
  const follow = (id: string) => wakeDecisionQuietly(deps, { subject: 'deal', id });
  const pathOf = (own: Own, id = '') => `${portalOf(own)}/deals${id && `/${id}`}`;

  portal.on('GET /portal/{partner}/deals', async (c, own, visitor) => {
    const status = Status.safeParse(c.req.query('status')).data;
    const before = z.uuid().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = (count: number) => listDeals(db, { partnerId: own.id, status }, before, count);
    const [zone, deals] = await Promise.all([
      zoneOf(db, own.id),
      readPage(DEALS_A_PAGE, read, { key: ({ id }) => id, item: (deal) => deal }),
    ]);
    const values: Record<string, string> = status === undefined ? {} : { status };
    const choices = DEAL_STATUSES.map((value) => ({ value, label: dealStatus(value).label }));
    const main = html`<header class="title">
        <h1>${say('place.deals')}</h1>
        <p>${say('deals.about')}</p>
      </header>
      <p class="buttons"><a class="button primary" href="${pathOf(own, 'new')}">${say('deals.registerMore')}</a></p>
      ${filters(pathOf(own), [{ name: 'status', label: say('list.state'), choices, noChoice: say('list.allStates') }], { values })}
      ${table({
        caption: say('deals.caption'),
        columns: [
          say('deals.customer'),
          { label: say('deals.amount'), number: true },
          say('deals.close'),
          say('list.state'),
          say('deals.registered'),
        ],
        rows: deals.items.map((deal) => ({
          head: html`<a href="${pathOf(own, deal.id)}">${deal.customer}</a>
            <small>${deal.program}: ${deal.productLines.join(', ')}</small>`,
          cells: [
            sayAmount(money(deal.minor, deal.currency)),
            html`<span class="day">${formatDay(deal.expectedClose)}</span>`,
            stateOf(deal, zone),
            html`<span class="day">${formatInstant(deal.registeredAt, zone)}</span>`,
          ],
        })),
        empty: status === undefined ? say('deals.none') : say('deals.noneInState'),
      })}
      ${nextPage(pathOf(own), deals.nextCursor, values)}`;
    return sendPage(c, portalPage({ title: say('place.deals'), here: '/deals', main }, visitor, own));
  });

  portal.on('GET /portal/{partner}/deals/new', async (c, own, visitor) => {
    const main = await newDeal(own, NONE);
    return sendPage(c, portalPage({ title: say('deals.register'), here: '/deals', main }, visitor, own));
  });

  portal.on('POST /portal/{partner}/deals', async (c, own, visitor) => {
    const values = await readForm(c, ...DEAL_FIELDS);
    const read = readBy(MyNewDealBody, bodyOf(values));
    const done = read.success
      ? await orObjections(() =>
          registerDeal(db, wishOf(read.body, own.code), { by: visitor.actorId, nowMs: Date.now() }),
        )
      : read;
    if (done.success) {
      await follow(done.body.id);
      return c.redirect(pathOf(own, done.body.id), 303);
    }
    const main = await newDeal(own, { values, objections: done.objections.map(ofForm) });
    return sendPage(c, portalPage({ title: say('deals.register'), here: '/deals', main }, visitor, own), 400);
  });

  portal.on('GET /portal/{partner}/deals/{id}', async (c, own, visitor) => {
    const deal = await getOwn(db, own, c, 'deal', getDeal);
    return sendPage(c, portalPage(await dealPage(own, deal), visitor, own));
  });

  portal.on('POST /portal/{partner}/deals/{id}/extension', async (c, own, visitor) => {
    const deal = await getOwn(db, own, c, 'deal', getDeal);
    const values = await readForm(c, 'until', 'reason');
    const read = readBy(ExtensionBody, filledIn(values));
    const caller = { by: visitor.actorId, nowMs: Date.now() };
    const done = read.success ? await orObjections(() => extendDeal(db, deal.id, read.body, caller)) : read;
    if (!done.success) {
      const page = await dealPage(own, deal, { extension: { values, objections: done.objections } });
      return sendPage(c, portalPage(page, visitor, own), 400);
    }
    await follow(deal.id);
    return c.redirect(pathOf(own, deal.id), 303);
  });

  portal.on('POST /portal/{partner}/deals/{id}/withdrawal', async (c, own, visitor) => {
    const deal = await getOwn(db, own, c, 'deal', getDeal);
    const { values, read } = await readWithdrawal(c);
    if (!read.success) {
      const page = await dealPage(own, deal, { withdrawal: { values, objections: read.objections } });
      return sendPage(c, portalPage(page, visitor, own), 400);
    }
    const end = { status: 'withdrawn', reason: read.body, by: visitor.actorId, nowMs: Date.now() } as const;
    await endDeal(db, deal.id, end);
    await follow(deal.id);
    return c.redirect(pathOf(own, deal.id), 303);
  });

  async function newDeal(own: Own, filled: Filled): Promise<Html> {
    const programs = await listAgreements(db, own.id, null, PROGRAMS_MAX);
    const wishes = dealFields(programs.map(({ program }) => program));
    return html`<header class="title">
        <p><a href="${pathOf(own)}">${say('place.deals')}</a></p>
        <h1>${say('deals.register')}</h1>
        <p>${say('deals.rule')}</p>
      </header>
      ${objectionsOf(DEAL_FIELDS, filled.objections)}
      <form method="post" action="${pathOf(own)}" class="card fields">
        ${wishes.map((wish) => field(wish, filled))}
        <p class="buttons">
          <a class="button" href="${pathOf(own)}">${say('form.notNow')}</a>
          <button class="primary">${say('deals.button')}</button>
        </p>
      </form>`;
  }

  async function dealPage(own: Own, deal: Deal, forms: { extension?: Filled; withdrawal?: Filled } = {}) {
    const [zone, reviews, extensions] = await Promise.all([
      zoneOf(db, own.id),
      listReviews(db, 'deal', deal.id),
      listExtensions(db, deal.id),
    ]);
    const asked = extensions.flatMap(({ reviewId, until, reason }) => {
      const review = reviews.find(({ id }) => id === reviewId);
      return review
        ? [{ at: review.askedAt, words: say('deals.askedUntil', { day: formatDay(until) }), about: reason }]
        : [];
    });
    const isAsked = reviews.some(({ status }) => status === 'waiting');
    const main = html`<header class="title">
        <p><a href="${pathOf(own)}">${say('place.deals')}</a></p>
        <h1>${deal.customer} ${tag(dealStatus(deal.status))}</h1>
        <p>${sentenceOf(deal)}</p>
      </header>
      <div class="columns">
        <section>
          <section class="card">
            <h2>${say('deals.the')}</h2>
            ${factsOf(deal)}
          </section>
          ${deal.status === 'protected' && !isAsked && extension(pathOf(own, deal.id), deal, forms.extension ?? NONE)}
          ${!isDealOver(deal.status) && withdrawal('deal', pathOf(own, deal.id), forms.withdrawal ?? NONE)}
        </section>
        <aside>
          ${historyOf(
            [
              { at: deal.registeredAt, words: say('deals.youRegistered') },
              ...asked,
              ...(deal.endedAt && !reviews.some(({ endedAt }) => endedAt?.getTime() === deal.endedAt?.getTime())
                ? [
                    {
                      at: deal.endedAt,
                      words: say('deals.itIs', { status: dealStatus(deal.status).label }),
                      about: deal.reason,
                    },
                  ]
                : []),
            ],
            reviews,
            zone,
          )}
        </aside>
      </div>`;
    return { title: deal.customer, here: '/deals', main } as const;
  }
}

const factsOf = (deal: Deal): Html =>
  facts([
    [say('deals.program'), deal.program],
    [say('deals.website'), deal.domain ?? '–'],
    [say('deals.number'), deal.registrationNumber ?? '–'],
    [say('deals.country'), deal.country],
    [say('deals.lines'), deal.productLines.join(', ')],
    [say('deals.expectedAmount'), sayAmount(money(deal.minor, deal.currency))],
    [say('deals.close'), formatDay(deal.expectedClose)],
  ]);

/** The last protected day, because people count the days that they have. */
const lastDay = ({ protectedUntil }: Deal): string => formatDay(addDays(protectedUntil ?? '', -1));

function sentenceOf(deal: Deal): string {
  if (deal.status === 'review') return say('deals.deciding');
  if (deal.status === 'protected') return say('deals.isProtected', { day: lastDay(deal) });
  return deal.reason ?? say('deals.theDealIs', { status: dealStatus(deal.status).label });
}

function stateOf(deal: Deal, zone: string): Html {
  const about =
    deal.status === 'protected'
      ? say('deals.until', { day: lastDay(deal) })
      : deal.status === 'review' && deal.dueAt
        ? say('deals.decidedBy', { day: formatInstant(deal.dueAt, zone) })
        : deal.reason;
  return html`${tag(dealStatus(deal.status))} ${about && html`<small>${about}</small>`}`;
}
