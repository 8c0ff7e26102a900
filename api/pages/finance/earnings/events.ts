import { z } from 'zod';

import {
  EVENT_STATES,
  listNewestEvents,
  type NewestEvent,
  type NewestFilter,
} from '../../../../db/earnings/event-pages.ts';
import { type CausedEarning, listCausedEarnings } from '../../../../db/earnings/event-story.ts';
import { localDate } from '../../../../domain/calendar.ts';
import { printMainAmount } from '../../../../domain/exact-amount.ts';
import { Code, EventKind, LocalDay, Source } from '../../../../domain/fields.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import { csvHeaders, csvStreamOf } from '../../../http/csv.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { nextPage, table, tag } from '../../components.ts';
import { filters } from '../../form.ts';
import { formatDay, sayAmount } from '../../format.ts';
import { type definePages, type PageContext, readFilters, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { sentencesOf } from '../../sentences.ts';
import { EVENT_STATE } from '../../earning-words.ts';
import { earningTabs, eventPath, kindWords, measureOf, saySums, sumsOf } from './event-words.ts';

const EVENTS_A_PAGE = 50;
const EVENTS_A_READ = 1000;
/** An event earns for its partner, those who share it and those above, by each incentive. */
const EARNINGS_OF_EACH = 40;
const FILTERS = {
  source: Source,
  kind: EventKind,
  partner: Code,
  program: Code,
  day: LocalDay,
  state: z.enum(EVENT_STATES, 'is not one of the states'),
} as const;

const cursorOf = (c: PageContext): bigint | null => {
  const text = c.req.query('cursor') ?? '';
  return /^\d{1,18}$/.test(text) ? BigInt(text) : null;
};

const stateOf = ({ isDue }: NewestEvent, earned: readonly CausedEarning[]) =>
  isDue ? 'due' : earned.some(({ minor }) => minor !== 0n) ? 'earned' : 'nothing';

/** Every event, the newest first, with what it earned and how. */
export function eventPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const earningsOf = (events: readonly NewestEvent[]): Promise<readonly CausedEarning[]> =>
    listCausedEarnings(db, { eventIds: events.map(({ eventId }) => eventId) }, events.length * EARNINGS_OF_EACH);

  pages.on('GET /earnings/events', async (c, visitor) => {
    const { values, objections } = readFilters(c, FILTERS);
    const filter = objections.length > 0 ? {} : (values as NewestFilter);
    const { events, next } = await listNewestEvents(db, filter, cursorOf(c), EVENTS_A_PAGE);
    const earned = Map.groupBy(await earningsOf(events), ({ eventId }) => eventId);
    const isFiltered = Object.keys(values).length > 0;
    const main = html`<header class="title"><h1>Earnings</h1></header>
      ${earningTabs('/earnings/events')}
      ${filters(
        '/earnings/events',
        [
          { name: 'source', label: 'Source' },
          { name: 'kind', label: 'Kind' },
          { name: 'partner', label: "Partner's code" },
          { name: 'program', label: 'Program' },
          { name: 'day', label: 'Day', type: 'date' },
          {
            name: 'state',
            label: 'State',
            choices: EVENT_STATES.map((value) => ({ value, label: EVENT_STATE[value].label })),
            noChoice: 'all',
          },
        ],
        { values, objections },
      )}
      ${table({
        caption: 'Events',
        columns: ['Event', 'Day', 'Partner', 'Program', { label: 'Amount', number: true }, 'State', 'What it earned'],
        rows: events.map((event) => row(event, earned.get(event.eventId) ?? [])),
        empty: isFiltered
          ? next === null
            ? html`No event fits these filters. <a href="/earnings/events">Show all</a>.`
            : 'None of the newest 20,000 events fits these filters. The next page searches older ones. A partner or a day finds them faster.'
          : html`There is no event yet. Systems send them, or you <a href="/earnings/imports">import a file</a>.`,
        aside: html`<a href="/earnings/events.csv?${new URLSearchParams(values).toString()}">CSV</a>`,
      })}
      ${nextPage('/earnings/events', next === null ? null : String(next), values)}`;
    const page = consolePage({ title: 'Earnings', here: '/earnings/events', main }, visitor);
    return sendPage(c, page, objections.length > 0 ? 400 : 200);
  });

  pages.on('GET /earnings/events.csv', async (c) => {
    const { values, objections } = readFilters(c, FILTERS);
    const filter = objections.length > 0 ? {} : (values as NewestFilter);
    return c.body(csvStreamOf(CSV_COLUMNS, csvRows(filter)), 200, {
      ...csvHeaders('events.csv'),
      'cache-control': 'no-store',
    });
  });

  /** Every event of a filter, page by page, so that a file has no limit. An event that earned in several units has a row for each. */
  async function* csvRows(filter: NewestFilter): AsyncGenerator<string[]> {
    let place: bigint | null = null;
    do {
      const { events, next } = await listNewestEvents(db, filter, place, EVENTS_A_READ);
      const earned = Map.groupBy(await earningsOf(events), ({ eventId }) => eventId);
      for (const event of events) yield* cellsOf(event, earned.get(event.eventId) ?? []);
      place = next;
    } while (place !== null);
  }
}

function row(event: NewestEvent, earned: readonly CausedEarning[]) {
  const { source, id, revision, kind, occurredAt, zone, partner, program } = event;
  return {
    head: html`<a href="${eventPath(source, id)}">${kindWords(kind)}</a>
      <small>${source} ${id}${revision > 1 && `, revision ${revision}`}</small>`,
    cells: [
      html`<span class="day">${formatDay(localDate(occurredAt.getTime(), zone))}</span>`,
      partner,
      program,
      measureOf(event),
      tag(EVENT_STATE[stateOf(event, earned)]),
      earned.length > 0 ? howOf(earned) : '–',
    ],
  };
}

/** The sums, and below them how each was worked out. */
const howOf = (earned: readonly CausedEarning[]): Html =>
  html`<details>
    <summary>${saySums(earned)}</summary>
    <ul class="steps">
      ${earned.map(
        ({ partner, incentive, minor, currency, explanation }) =>
          html`<li>
            ${sayAmount(money(minor, currency))} to ${partner} by ${incentive}. ${sentencesOf(explanation).join(' ')}
          </li>`,
      )}
    </ul>
  </details>`;

const CSV_COLUMNS = [
  'source',
  'id',
  'revision',
  'kind',
  'program',
  'partner',
  'currency',
  'amount',
  'quantity',
  'occurredAt',
  'bookedAt',
  'state',
  'earnedUnit',
  'earned',
] as const;

function cellsOf(event: NewestEvent, earned: readonly CausedEarning[]): string[][] {
  const { source, id, revision, kind, program, partner, currency, quantity, occurredAt, bookedAt } = event;
  const own = [
    source,
    id,
    String(revision),
    kind,
    program,
    partner,
    currency ?? '',
    printMainAmount(event) ?? '',
    String(quantity ?? ''),
    occurredAt.toISOString(),
    bookedAt.toISOString(),
    stateOf(event, earned),
  ];
  const sums = sumsOf(earned);
  if (sums.length === 0) return [[...own, '', '']];
  return sums.map((sum) => [...own, sum.currency, formatDecimal(money(sum.minor, sum.currency))]);
}
