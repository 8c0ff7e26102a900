import { answerRequest, withdrawRequest } from '../../../../commands/earnings/requests.ts';
import { getRequest, listRequests, type PartnerRequest } from '../../../../db/earnings/requests.ts';
import { listPlanNames } from '../../../../db/partners/agreements.ts';
import { addDays } from '../../../../domain/calendar.ts';
import {
  isException,
  isRequestOver,
  REQUEST_STATUSES,
  type RequestStatus,
} from '../../../../domain/earnings/request.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { facts, tag } from '../../components.ts';
import { nameOfAsk, requestStatus } from '../../decision-words.ts';
import { formatDay, formatInstant, sayAmount } from '../../format.ts';
import type { definePages } from '../../guard.ts';
import { html } from '../../html.ts';
import { type Decided, decisionPages } from '../programs/decision-pages.ts';

const amountOf = ({ minor, currency }: PartnerRequest): string =>
  minor === null || currency === null ? '–' : sayAmount(money(minor, currency));

const daysOf = ({ startsOn, endsOn }: PartnerRequest): string =>
  `${formatDay(startsOn)} to ${formatDay(addDays(endsOn, -1))}`;

const REQUESTS: Decided<PartnerRequest, RequestStatus> = {
  subject: 'request',
  title: 'Requests',
  statuses: REQUEST_STATUSES,
  say: (status) => requestStatus(status).label,
  list: listRequests,
  get: getRequest,
  columns: ['Request', 'Partner', { label: 'Amount', number: true }, 'For the days', 'State', 'Asked'],
  row: (request) => ({
    head: html`<a href="/requests/${request.id}">${nameOfAsk(request.kind)}</a>
      <small>${request.program}: ${request.wish}</small>`,
    cells: [
      request.partner,
      amountOf(request),
      daysOf(request),
      html`${tag(requestStatus(request.status))} ${request.reason && html`<small>${request.reason}</small>`}`,
      html`<span class="day">${formatInstant(request.requestedAt, 'UTC')}</span>`,
    ],
  }),
  csvColumns: [
    'id',
    'program',
    'partner',
    'kind',
    'wish',
    'plan',
    'currency',
    'amount',
    'startsOn',
    'endsOn',
    'status',
    'reason',
    'requestedAt',
    'endedAt',
  ],
  csvRow: (request) => [
    request.id,
    request.program,
    request.partner,
    request.kind,
    request.wish,
    request.plan ?? '',
    request.currency ?? '',
    request.minor === null || request.currency === null ? '' : formatDecimal(money(request.minor, request.currency)),
    request.startsOn,
    request.endsOn,
    request.status,
    request.reason ?? '',
    request.requestedAt.toISOString(),
    request.endedAt?.toISOString() ?? '',
  ],
  head: (request) => ({
    title: `${nameOfAsk(request.kind)} for ${request.partner}`,
    main: html`<h1>${nameOfAsk(request.kind)} for ${request.partner} ${tag(requestStatus(request.status))}</h1>
      <p>${request.wish}</p>
      ${request.reason && html`<p>Reason: ${request.reason}</p>`}`,
  }),
  facts: (request) =>
    facts([
      ['Program', request.program],
      ['Plan', request.plan ?? 'not named yet'],
      ['Amount', amountOf(request)],
      ['Days', daysOf(request)],
    ]),
  steps: ({ status, endedAt, reason }) =>
    endedAt && status === 'withdrawn' ? [{ at: endedAt, words: 'It was withdrawn', about: reason }] : [],
  isOver: ({ status }) => isRequestOver(status),
  effect: (request) =>
    isException(request.kind)
      ? `If it is approved, ${request.partner} earns by another plan for these days.`
      : `If it is approved, ${request.partner} gets a fund of ${amountOf(request)}, and may claim from it.`,
  extra: async (db, request) =>
    isException(request.kind) && request.plan === null
      ? [
          {
            name: 'plan',
            label: 'Plan',
            help: 'The plan that the partner gets. The first approval names it',
            required: 'sometimes',
            choices: (await listPlanNames(db, [request.program])).map(({ plan }) => ({ value: plan, label: plan })),
            noChoice: 'none',
          },
        ]
      : [],
  answer: (db, answer, { plan = null }) => answerRequest(db, { ...answer, plan }),
  withdraw: (db, id, { reason, by }) => withdrawRequest(db, id, { reason, by }),
};

/** The requests of partners: those that wait for a decision, and all. */
export const requestPages = (deps: ApiDeps, pages: ReturnType<typeof definePages>): void =>
  decisionPages(deps, pages, REQUESTS);
