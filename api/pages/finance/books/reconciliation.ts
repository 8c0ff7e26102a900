import { z } from 'zod';

import {
  type Break,
  type BreakFilter,
  countOpenBreaks,
  listBreaksFound,
  listReadAccounts,
  type ReadAccount,
} from '../../../../db/books/breaks.ts';
import { BREAK_KINDS } from '../../../../domain/books/reconciliation.ts';
import type { CurrencyCode } from '../../../../domain/currency.ts';
import { DAY_MS } from '../../../../domain/durations.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import { GATEWAYS } from '../../../../domain/rails.ts';
import { csvHeaders, csvStreamOf, everyRow } from '../../../http/csv.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { RowNumber } from '../../../http/schemas.ts';
import { nextPage, table, tag } from '../../components.ts';
import { filters } from '../../form.ts';
import { countOf, formatDay, formatInstant, sayAmount } from '../../format.ts';
import { type definePages, type PageContext, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { GATEWAY, ROLE } from '../../words.ts';
import { BREAK } from './words.ts';

const BREAKS_A_PAGE = 100;
const WITHIN_DAYS = 35;
const DAYS_NAMED_MAX = 5;
const AGES = { '1': 'a day', '7': 'a week', '30': 'a month', '90': '90 days' } as const;
const Query = z.object({
  gateway: z.enum(GATEWAYS).optional().catch(undefined),
  kind: z.enum(BREAK_KINDS).optional().catch(undefined),
  age: z.enum(['1', '7', '30', '90']).optional().catch(undefined),
  state: z.literal('over').optional().catch(undefined),
});

const WISHES = [
  {
    name: 'gateway',
    label: 'Provider',
    noChoice: 'all',
    choices: GATEWAYS.map((value) => ({ value, label: GATEWAY[value] })),
  },
  {
    name: 'kind',
    label: 'Break',
    noChoice: 'all',
    choices: BREAK_KINDS.map((value) => ({ value, label: BREAK[value].label })),
  },
  {
    name: 'age',
    label: 'Open for longer than',
    noChoice: 'any time',
    choices: Object.entries(AGES).map(([value, label]) => ({ value, label })),
  },
  { name: 'state', label: 'State', noChoice: 'open', choices: [{ value: 'over', label: 'over' }] },
];

function readWish(c: PageContext): { filter: BreakFilter; values: Record<string, string> } {
  const query = Query.parse(c.req.query());
  const { gateway, kind, age, state } = query;
  const openedBefore = age && new Date(Date.now() - Number(age) * DAY_MS);
  const values = Object.fromEntries(Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : [])));
  return { filter: { gateway, kind, openedBefore, isOver: state === 'over' }, values };
}

const ageOf = (openedAt: Date): string => countOf(Math.floor((Date.now() - openedAt.getTime()) / DAY_MS), 'day');
const say = (minor: bigint | null, currency: CurrencyCode | null): string =>
  minor === null || currency === null ? '–' : sayAmount(money(minor, currency));

const breakRow = ({ kind, gateway, subject, payoutId, partner, currency, ...found }: Break) => {
  const { label, fix, owner, tone } = BREAK[kind];
  return {
    head: html`${tag({ label, tone })} <small>${GATEWAY[gateway]}</small>`,
    cells: [
      payoutId ? html`<a href="/payouts/${payoutId}">${partner}</a>` : html`<code>${subject}</code>`,
      say(found.expectedMinor, currency),
      say(found.foundMinor, currency),
      html`${ageOf(found.openedAt)} <small>${formatInstant(found.openedAt, 'UTC')}</small>`,
      ROLE[owner],
      found.resolvedAt ? html`Over since ${formatInstant(found.resolvedAt, 'UTC')}: ${found.resolution}` : fix,
    ],
  };
};

const missingOf = ({ missing }: ReadAccount): Html | string =>
  missing.length === 0
    ? tag({ label: 'none', tone: 'good' })
    : html`${tag({ label: countOf(missing.length, 'day'), tone: 'alert' })}
        <small
          >${missing.slice(0, DAYS_NAMED_MAX).map(formatDay).join(', ')}${missing.length > DAYS_NAMED_MAX && ' and more'}</small
        >`;

const accountTable = (accounts: readonly ReadAccount[], breaks: Awaited<ReturnType<typeof countOpenBreaks>>): Html =>
  table({
    caption: 'Accounts',
    columns: [
      'Account',
      'Currency',
      'Read until',
      'Days missing',
      { label: 'Lines', number: true },
      { label: 'Open breaks', number: true },
      'State',
    ],
    rows: accounts.map((account) => {
      const { gateway, payer, currency, lastDay, lines, problem, missing } = account;
      const open = breaks
        .filter(
          (one) => one.gateway === gateway && one.currency === currency && (one.payer === null || one.payer === payer),
        )
        .reduce((sum, { count }) => sum + count, 0);
      return {
        head: html`<a href="/reconciliation/${gateway}">${GATEWAY[gateway]}</a> <small>${payer}</small>`,
        cells: [
          currency,
          formatDay(lastDay),
          missingOf(account),
          lines,
          open === 0 ? 0 : html`<a href="/reconciliation?gateway=${gateway}#breaks">${open}</a>`,
          problem
            ? html`${tag({ label: 'not read', tone: 'alert' })} <small>${problem}</small>`
            : open > 0
              ? tag({ label: 'differs', tone: 'alert' })
              : missing.length > 0
                ? tag({ label: 'incomplete', tone: 'watch' })
                : tag({ label: 'matched', tone: 'good' }),
        ],
      };
    }),
    empty: `No statement of the last ${WITHIN_DAYS} days was read. Bursar reads them at night, once somebody was paid through an account.`,
    aside: html`<small>the last ${WITHIN_DAYS} days</small>`,
  });

const COLUMNS = [
  'id',
  'gateway',
  'kind',
  'subject',
  'payout',
  'partner',
  'currency',
  'expected',
  'found',
  'openedAt',
  'owner',
  'resolvedAt',
];

/** How our books compare with the statements of providers and banks: per account, and every difference. */
export function reconciliationPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /reconciliation', async (c, visitor) => {
    const { filter, values } = readWish(c);
    const after = RowNumber.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? 0n;
    const [accounts, counts, { items, nextCursor }] = await Promise.all([
      listReadAccounts(db, WITHIN_DAYS),
      countOpenBreaks(db),
      readPage(BREAKS_A_PAGE, (count) => listBreaksFound(db, filter, after, count), {
        key: ({ id }) => id,
        item: (one) => one,
      }),
    ]);
    const open = counts.reduce((sum, { count }) => sum + count, 0);
    const main = html`<header class="title">
        <h1>Reconciliation</h1>
        <p>
          ${open === 0 ? 'Our books and every statement that was read agree.' : `${countOf(open, 'break')} between our books and the statements.`}
        </p>
      </header>
      ${accountTable(accounts, counts)} ${filters('/reconciliation', WISHES, { values })}
      <section id="breaks">
        ${table({
          caption: filter.isOver ? 'Breaks that are over' : 'Open breaks',
          columns: [
            'Break',
            'About',
            { label: 'Our books', number: true },
            { label: 'Statement', number: true },
            'Age',
            'Owner',
            filter.isOver ? 'How it ended' : 'Fix',
          ],
          rows: items.map(breakRow),
          empty:
            Object.keys(values).length > 0
              ? html`No break fits these filters. <a href="/reconciliation">Show all</a>.`
              : 'No break is open. Each night the statements of the day are compared with our books, to the cent.',
          aside: html`<a href="/breaks.csv?${new URLSearchParams(values).toString()}">CSV</a>`,
        })}
      </section>
      ${nextPage('/reconciliation', nextCursor, values)}`;
    return sendPage(c, consolePage({ title: 'Reconciliation', here: '/reconciliation', main }, visitor));
  });

  pages.on('GET /breaks.csv', async (c) => {
    const { filter } = readWish(c);
    const cell = (minor: bigint | null, currency: CurrencyCode | null) =>
      minor === null || currency === null ? '' : formatDecimal(money(minor, currency));
    const rows = everyRow(
      (after: Break | null, count) => listBreaksFound(db, filter, after?.id ?? 0n, count),
      ({
        id,
        gateway,
        kind,
        subject,
        payoutId,
        partner,
        currency,
        expectedMinor,
        foundMinor,
        openedAt,
        resolvedAt,
      }) => [
        String(id),
        gateway,
        kind,
        subject,
        payoutId ?? '',
        partner ?? '',
        currency ?? '',
        cell(expectedMinor, currency),
        cell(foundMinor, currency),
        openedAt.toISOString(),
        BREAK[kind].owner,
        resolvedAt?.toISOString() ?? '',
      ],
    );
    return c.body(csvStreamOf(COLUMNS, rows), 200, { ...csvHeaders('breaks.csv'), 'cache-control': 'no-store' });
  });
}
