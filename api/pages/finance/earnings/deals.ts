import { answerDeal, endDeal } from '../../../../commands/earnings/deals.ts';
import { type Deal, getDeal, listDeals } from '../../../../db/earnings/deals.ts';
import { addDays } from '../../../../domain/calendar.ts';
import { DEAL_STATUSES, type DealStatus, isDealOver } from '../../../../domain/earnings/deal.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { facts, tag } from '../../components.ts';
import { dealStatus } from '../../decision-words.ts';
import { formatDay, formatInstant, sayAmount } from '../../format.ts';
import type { definePages } from '../../guard.ts';
import { html } from '../../html.ts';
import { type Decided, decisionPages } from '../programs/decision-pages.ts';
import { dealActions } from './close-deals.ts';

const lastDay = ({ protectedUntil }: Deal): string => (protectedUntil ? formatDay(addDays(protectedUntil, -1)) : '–');

const DEALS: Decided<Deal, DealStatus> = {
  subject: 'deal',
  title: 'Deals',
  statuses: DEAL_STATUSES,
  say: (status) => dealStatus(status).label,
  list: listDeals,
  get: getDeal,
  columns: ['Customer', 'Partner', { label: 'Amount', number: true }, 'State', 'Last protected day', 'Registered'],
  row: (deal) => ({
    head: html`<a href="/deals/${deal.id}">${deal.customer}</a>
      <small>${deal.program}: ${deal.productLines.join(', ')}</small>`,
    cells: [
      deal.partner,
      sayAmount(money(deal.minor, deal.currency)),
      html`${tag(dealStatus(deal.status))} ${deal.reason && html`<small>${deal.reason}</small>`}`,
      html`<span class="day">${lastDay(deal)}</span>`,
      html`<span class="day">${formatInstant(deal.registeredAt, 'UTC')}</span>`,
    ],
  }),
  csvColumns: [
    'id',
    'program',
    'partner',
    'customer',
    'domain',
    'registrationNumber',
    'country',
    'productLines',
    'currency',
    'amount',
    'expectedClose',
    'status',
    'protectedUntil',
    'reason',
    'registeredAt',
    'endedAt',
  ],
  csvRow: (deal) => [
    deal.id,
    deal.program,
    deal.partner,
    deal.customer,
    deal.domain ?? '',
    deal.registrationNumber ?? '',
    deal.country,
    deal.productLines.join('; '),
    deal.currency,
    formatDecimal(money(deal.minor, deal.currency)),
    deal.expectedClose,
    deal.status,
    deal.protectedUntil ?? '',
    deal.reason ?? '',
    deal.registeredAt.toISOString(),
    deal.endedAt?.toISOString() ?? '',
  ],
  head: (deal) => ({
    title: deal.customer,
    main: html`<h1>${deal.customer} ${tag(dealStatus(deal.status))}</h1>
      <p>Registered by <strong>${deal.partner}</strong> in ${deal.program}. ${deal.reason}</p>`,
  }),
  facts: (deal) =>
    facts([
      ['Website', deal.domain ?? '–'],
      ['Registration number', deal.registrationNumber ?? '–'],
      ['Country', deal.country],
      ['Product lines', deal.productLines.join(', ')],
      ['Expected amount', sayAmount(money(deal.minor, deal.currency))],
      ['Expected close', formatDay(deal.expectedClose)],
      ['Last protected day', lastDay(deal)],
    ]),
  steps: ({ status, endedAt, reason }) =>
    endedAt && (status === 'withdrawn' || status === 'won' || status === 'lost')
      ? [{ at: endedAt, words: `The deal is ${status}`, about: reason }]
      : [],
  actions: dealActions,
  isOver: ({ status }) => isDealOver(status),
  effect: ({ status, partner, customer }) =>
    status === 'protected'
      ? `If it is approved, ${customer} stays protected for ${partner} until the day that was asked for.`
      : `If it is approved, nobody but ${partner} can register ${customer} for these product lines.`,
  answer: (db, answer) => answerDeal(db, answer),
  withdraw: (db, id, wish) => endDeal(db, id, { status: 'withdrawn', ...wish }),
};

/** The deals of partners: those that wait for a decision, and all. */
export const decideDealPages = (deps: ApiDeps, pages: ReturnType<typeof definePages>): void =>
  decisionPages(deps, pages, DEALS);
