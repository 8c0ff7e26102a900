import type { Context } from 'hono';
import { z } from 'zod';

import { getPartner, listPartnersNamed } from '../../../../db/partners/partners.ts';
import { listPayouts, type PayoutFilter } from '../../../../db/payouts/pages.ts';
import type { Payout } from '../../../../db/payouts/payouts.ts';
import { addDays } from '../../../../domain/calendar.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import { PAYOUT_STATUSES } from '../../../../domain/payouts/payout.ts';
import { GATEWAYS, METHODS } from '../../../../domain/rails.ts';
import { csvHeaders, csvStreamOf, everyRow } from '../../../http/csv.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps, ApiEnv } from '../../../http/deps.ts';
import { nextPage, table, tag } from '../../components.ts';
import { filters } from '../../form.ts';
import { formatAmount, formatDay, formatInstant } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { GATEWAY, METHOD, PAYOUT_STATUS } from '../../words.ts';

const PAYOUTS_A_PAGE = 100;
const Query = z.object({
  status: z.enum(PAYOUT_STATUSES).optional().catch(undefined),
  method: z.enum(METHODS).optional().catch(undefined),
  partner: z.string().trim().max(64).default('').catch(''),
  gateway: z.enum(GATEWAYS).optional().catch(undefined),
  reason: z.string().max(300).optional().catch(undefined),
});

type Wish = { query: Record<string, string>; filter: PayoutFilter | null };

/** The filters in an address. A partner who is not known has no payouts, so the filter is null then. */
export async function readWish(db: ApiDeps['db'], c: Context<ApiEnv>): Promise<Wish> {
  const { partner, ...wished } = Query.parse(c.req.query());
  const query = Object.fromEntries(
    Object.entries({ ...wished, partner: partner || undefined }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  if (partner === '') return { query, filter: wished };
  const [known] = await listPartnersNamed(db, [partner]);
  return { query, filter: known ? { ...wished, partnerId: (await getPartner(db, known.code)).id } : null };
}

const columns = [
  'Partner',
  'Method',
  'Currency',
  { label: 'Payout', number: true },
  'Status',
  'Since',
  'Period ends',
] as const;

const row = (payout: Payout, query: string) => ({
  head: html`<a href="/payouts/${payout.id}${query && `?${query}`}">${payout.partner}</a>`,
  cells: [
    METHOD[payout.method],
    payout.currency,
    html`<strong>${formatAmount(money(payout.net, payout.currency))}</strong>`,
    html`${tag(PAYOUT_STATUS[payout.status])} ${payout.heldAt && tag({ label: 'on hold', tone: 'watch' })}`,
    formatInstant(payout.statusAt, 'UTC'),
    formatDay(addDays(payout.periodEnd, -1)),
  ],
});

const CSV_COLUMNS = ['id', 'run', 'partner', 'method', 'currency', 'net', 'status', 'reason', 'since', 'periodEnd'];

const cellsOf = (payout: Payout): string[] => [
  payout.id,
  payout.runId,
  payout.partner,
  payout.method,
  payout.currency,
  formatDecimal(money(payout.net, payout.currency)),
  payout.status,
  payout.statusReason ?? '',
  payout.statusAt.toISOString(),
  payout.periodEnd,
];

/** Every payout, with filters in the address, and the same rows as a file. */
export function payoutPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /payouts', async (c, visitor) => {
    const { query, filter } = await readWish(db, c);
    const after = z.uuid().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = async (count: number) => (filter ? listPayouts(db, filter, after, count) : []);
    const { items, nextCursor } = await readPage(PAYOUTS_A_PAGE, read, { key: ({ id }) => id, item: (one) => one });
    const isFiltered = Object.keys(query).length > 0;
    const main = html`<header class="title"><h1>Payouts</h1></header>
      ${filters(
        '/payouts',
        [
          {
            name: 'status',
            label: 'Status',
            choices: PAYOUT_STATUSES.map((value) => ({ value, label: PAYOUT_STATUS[value].label })),
            noChoice: 'all',
          },
          {
            name: 'method',
            label: 'Method',
            choices: METHODS.map((value) => ({ value, label: METHOD[value] })),
            noChoice: 'all',
          },
          {
            name: 'gateway',
            label: 'Provider',
            choices: GATEWAYS.map((value) => ({ value, label: GATEWAY[value] })),
            noChoice: 'all',
          },
          { name: 'reason', label: 'Reason', help: 'The code of the provider' },
          { name: 'partner', label: "Partner's code" },
        ],
        { values: query },
      )}
      ${table({
        caption: 'Payouts',
        columns,
        rows: items.map((payout) => row(payout, new URLSearchParams(query).toString())),
        empty: isFiltered
          ? html`No payout fits these filters. <a href="/payouts">Show all</a>.`
          : 'There is no payout yet. The next run makes them.',
        aside: html`<a href="/payouts.csv?${new URLSearchParams(query).toString()}">CSV</a>`,
      })}
      ${nextPage('/payouts', nextCursor, query)}`;
    return sendPage(c, consolePage({ title: 'Payouts', here: '/payouts', main }, visitor));
  });

  pages.on('GET /payouts.csv', async (c) => {
    const { filter } = await readWish(db, c);
    const read = async (after: Payout | null, count: number) =>
      filter ? listPayouts(db, filter, after?.id ?? null, count) : [];
    const file = csvStreamOf(CSV_COLUMNS, everyRow(read, cellsOf));
    return c.body(file, 200, { ...csvHeaders('payouts.csv'), 'cache-control': 'no-store' });
  });
}
