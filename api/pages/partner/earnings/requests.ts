import { z } from 'zod';

import { addRequest, withdrawRequest } from '../../../../commands/earnings/requests.ts';
import { type FundClaim, listFundClaims } from '../../../../db/earnings/fund-claims.ts';
import { type Fund, listFunds } from '../../../../db/earnings/funds.ts';
import { getRequest, listRequests, type PartnerRequest } from '../../../../db/earnings/requests.ts';
import { listAgreements, listPlanNames } from '../../../../db/partners/agreements.ts';
import { listReviews } from '../../../../db/programs/reviews.ts';
import { addDays } from '../../../../domain/calendar.ts';
import { CURRENCY_CODES } from '../../../../domain/currency.ts';
import { isRequestOver, REQUEST_KINDS, REQUEST_STATUSES } from '../../../../domain/earnings/request.ts';
import { money } from '../../../../domain/money.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { wakeDecisionQuietly } from '../../../http/wake.ts';
import { MyNewRequestBody, wishOf } from '../../../routes/earnings/request-bodies.ts';
import { facts, nextPage, table, tag } from '../../components.ts';
import { nameOfAsk, requestStatus } from '../../decision-words.ts';
import {
  field,
  type FieldWish,
  type Filled,
  filledIn,
  filters,
  objectionsOf,
  orObjections,
  readBy,
} from '../../form.ts';
import { formatDay, formatInstant, sayAmount } from '../../format.ts';
import { readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { type Own, portalOf, portalPage } from '../../layout.ts';
import { getOwn } from '../own.ts';
import { say } from '../../say.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';
import { historyOf, readWithdrawal, withdrawal } from './decisions.ts';

const REQUESTS_A_PAGE = 50;
const FUNDS_MAX = 50;
const CLAIMS_MAX = 20;
const PROGRAMS_MAX = 200;
const Status = z.enum(REQUEST_STATUSES);
const FIELDS = ['program', 'kind', 'wish', 'plan', 'currency', 'amount', 'startsOn', 'endsOn'] as const;
const NONE: Filled = { values: {} };

/** The requests of a partner, the funds that came from them, and the newest claims from those. */
export function ownRequestPages(deps: ApiDeps, portal: Portal): void {
  const { db } = deps;
  const follow = (id: string) => wakeDecisionQuietly(deps, { subject: 'request', id });
  const pathOf = (own: Own, id = '') => `${portalOf(own)}/requests${id && `/${id}`}`;

  portal.on('GET /portal/{partner}/requests', async (c, own, visitor) => {
    const status = Status.safeParse(c.req.query('status')).data;
    const before = z.uuid().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = (count: number) => listRequests(db, { partnerId: own.id, status }, before, count);
    const [zone, funds, claims, requests] = await Promise.all([
      zoneOf(db, own.id),
      listFunds(db, { partnerId: own.id }, null, FUNDS_MAX),
      listFundClaims(db, { partnerId: own.id }, null, CLAIMS_MAX),
      readPage(REQUESTS_A_PAGE, read, { key: ({ id }) => id, item: (request) => request }),
    ]);
    const values: Record<string, string> = status === undefined ? {} : { status };
    const choices = REQUEST_STATUSES.map((value) => ({ value, label: requestStatus(value).label }));
    const main = html`<header class="title">
        <h1>${say('place.requests')}</h1>
        <p>${say('requests.about')}</p>
      </header>
      <p class="buttons">
        ${funds.length > 0 && html`<a class="button" href="${portalOf(own)}/claims/new">${say('requests.claimMore')}</a>`}
        <a class="button primary" href="${pathOf(own, 'new')}">${say('requests.askMore')}</a>
      </p>
      ${filters(pathOf(own), [{ name: 'status', label: say('list.state'), choices, noChoice: say('list.allStates') }], { values })}
      ${table({
        caption: say('requests.caption'),
        columns: [
          say('requests.request'),
          { label: say('deals.amount'), number: true },
          say('requests.days'),
          say('list.state'),
          say('requests.asked'),
        ],
        rows: requests.items.map((request) => requestRow(pathOf(own, request.id), request, zone)),
        empty: status === undefined ? say('requests.none') : say('requests.noneInState'),
      })}
      ${nextPage(pathOf(own), requests.nextCursor, values)} ${funds.length > 0 && fundTable(funds)}
      ${(funds.length > 0 || claims.length > 0) && claimTable(own, claims, zone)}`;
    return sendPage(c, portalPage({ title: say('place.requests'), here: '/requests', main }, visitor, own));
  });

  portal.on('GET /portal/{partner}/requests/new', async (c, own, visitor) => {
    const main = await newRequest(own, NONE);
    return sendPage(c, portalPage({ title: say('requests.new'), here: '/requests', main }, visitor, own));
  });

  portal.on('POST /portal/{partner}/requests', async (c, own, visitor) => {
    const values = await readForm(c, ...FIELDS);
    const read = readBy(MyNewRequestBody, filledIn(values));
    const caller = { by: visitor.actorId, nowMs: Date.now() };
    const done = read.success ? await orObjections(() => addRequest(db, wishOf(read.body, own.code), caller)) : read;
    if (done.success) {
      await follow(done.body.id);
      return c.redirect(pathOf(own, done.body.id), 303);
    }
    const main = await newRequest(own, { values, objections: done.objections });
    return sendPage(c, portalPage({ title: say('requests.new'), here: '/requests', main }, visitor, own), 400);
  });

  portal.on('GET /portal/{partner}/requests/{id}', async (c, own, visitor) => {
    const request = await getOwn(db, own, c, 'request', getRequest);
    return sendPage(c, portalPage(await requestPage(own, request, NONE), visitor, own));
  });

  portal.on('POST /portal/{partner}/requests/{id}/withdrawal', async (c, own, visitor) => {
    const request = await getOwn(db, own, c, 'request', getRequest);
    const { values, read } = await readWithdrawal(c);
    if (!read.success) {
      const page = await requestPage(own, request, { values, objections: read.objections });
      return sendPage(c, portalPage(page, visitor, own), 400);
    }
    await withdrawRequest(db, request.id, { reason: read.body, by: visitor.actorId });
    await follow(request.id);
    return c.redirect(pathOf(own, request.id), 303);
  });

  async function newRequest(own: Own, filled: Filled): Promise<Html> {
    const programs = (await listAgreements(db, own.id, null, PROGRAMS_MAX)).map(({ program }) => program);
    const plans = await listPlanNames(db, programs);
    return html`<header class="title">
        <p><a href="${pathOf(own)}">${say('place.requests')}</a></p>
        <h1>${say('requests.askFor')}</h1>
      </header>
      ${objectionsOf(FIELDS, filled.objections)}
      <form method="post" action="${pathOf(own)}" class="card fields">
        ${wishesFor(programs, [...new Set(plans.map(({ plan }) => plan))]).map((wish) => field(wish, filled))}
        <p class="buttons">
          <a class="button" href="${pathOf(own)}">${say('form.notNow')}</a>
          <button class="primary">${say('deals.ask')}</button>
        </p>
      </form>`;
  }

  async function requestPage(own: Own, request: PartnerRequest, filled: Filled) {
    const [zone, reviews] = await Promise.all([zoneOf(db, own.id), listReviews(db, 'request', request.id)]);
    const isWithdrawn = request.status === 'withdrawn' && request.endedAt;
    const main = html`<header class="title">
        <p><a href="${pathOf(own)}">${say('place.requests')}</a></p>
        <h1>${nameOfAsk(request.kind)} ${tag(requestStatus(request.status))}</h1>
        <p>${request.wish}</p>
      </header>
      <div class="columns">
        <section>
          <section class="card">
            <h2>${say('requests.the')}</h2>
            ${facts([
              [say('deals.program'), request.program],
              ...(request.plan === null ? [] : [[say('requests.plan'), request.plan] as const]),
              ...(amountOf(request) === '' ? [] : [[say('deals.amount'), amountOf(request)] as const]),
              [say('requests.from'), formatDay(request.startsOn)],
              [say('requests.lastDay'), formatDay(addDays(request.endsOn, -1))],
            ])}
          </section>
          ${!isRequestOver(request.status) && withdrawal('request', pathOf(own, request.id), filled)}
        </section>
        <aside>
          ${historyOf(
            [
              { at: request.requestedAt, words: say('requests.youAsked') },
              ...(isWithdrawn
                ? [{ at: isWithdrawn, words: say('decisions.wasWithdrawn'), about: request.reason }]
                : []),
            ],
            reviews.filter(({ status }) => status !== 'withdrawn'),
            zone,
          )}
        </aside>
      </div>`;
    return { title: nameOfAsk(request.kind), here: '/requests', main } as const;
  }
}

const amountOf = ({ minor, currency }: PartnerRequest): string =>
  minor === null || currency === null ? '' : sayAmount(money(minor, currency));

const daysOf = ({ startsOn, endsOn }: { startsOn: string; endsOn: string }): Html =>
  html`<span class="day">${formatDay(startsOn)}</span>
    <small>${say('requests.to', { day: formatDay(addDays(endsOn, -1)) })}</small>`;

const requestRow = (path: string, request: PartnerRequest, zone: string) => ({
  head: html`<a href="${path}">${nameOfAsk(request.kind)}</a> <small>${request.program}: ${request.wish}</small>`,
  cells: [
    amountOf(request),
    daysOf(request),
    html`${tag(requestStatus(request.status))} ${request.reason && html`<small>${request.reason}</small>`}`,
    html`<span class="day">${formatInstant(request.requestedAt, zone)}</span>`,
  ],
});

const fundTable = (funds: readonly Fund[]): Html =>
  table({
    caption: say('funds.caption'),
    columns: [
      say('funds.fund'),
      say('funds.open'),
      { label: say('deals.amount'), number: true },
      { label: say('funds.waiting'), number: true },
      { label: say('funds.granted'), number: true },
      { label: say('funds.left'), number: true },
    ],
    rows: funds.map((fund) => ({
      head: fund.program,
      cells: [
        daysOf(fund),
        ...[fund.minor, fund.waitingMinor, fund.grantedMinor, fund.minor - fund.waitingMinor - fund.grantedMinor].map(
          (minor) => sayAmount(money(minor, fund.currency)),
        ),
      ],
    })),
    empty: '',
  });

const claimTable = (own: Own, claims: readonly FundClaim[], zone: string): Html =>
  table({
    caption: say('claims.newest'),
    columns: [
      say('claims.claim'),
      { label: say('deals.amount'), number: true },
      say('list.state'),
      say('claims.claimed'),
    ],
    rows: claims.map((claim) => ({
      head: html`<a href="${portalOf(own)}/claims/${claim.id}">${claim.wish}</a> <small>${claim.proof}</small>`,
      cells: [
        sayAmount(money(claim.minor, claim.currency)),
        html`${tag(requestStatus(claim.status))} ${claim.reason && html`<small>${claim.reason}</small>`}`,
        html`<span class="day">${formatInstant(claim.claimedAt, zone)}</span>`,
      ],
    })),
    empty: say('claims.noneYet'),
    aside: html`<a href="${portalOf(own)}/claims">${say('claims.all')}</a>`,
  });

const asChoice = (value: string) => ({ value, label: value });

const wishesFor = (programs: readonly string[], plans: readonly string[]): FieldWish[] => [
  { name: 'program', label: say('deals.program'), required: true, choices: programs.map(asChoice) },
  {
    name: 'kind',
    label: say('requests.kind'),
    required: true,
    choices: REQUEST_KINDS.map((value) => ({ value, label: nameOfAsk(value) })),
  },
  {
    name: 'wish',
    label: say('requests.purpose'),
    help: say('requests.purpose.help'),
    required: true,
    lengthMax: 500,
  },
  {
    name: 'plan',
    label: say('requests.plan'),
    help: say('requests.plan.help'),
    choices: plans.map(asChoice),
    noChoice: say('requests.noPlan'),
  },
  {
    name: 'currency',
    label: say('deals.currency'),
    required: 'sometimes',
    choices: CURRENCY_CODES.map(asChoice),
    noChoice: say('requests.noAmount'),
  },
  {
    name: 'amount',
    label: say('deals.amount'),
    help: say('requests.amount.help'),
    required: 'sometimes',
    lengthMax: 40,
  },
  { name: 'startsOn', label: say('requests.from'), help: say('requests.from.help'), type: 'date', required: true },
  { name: 'endsOn', label: say('requests.until'), help: say('requests.until.help'), type: 'date', required: true },
];
