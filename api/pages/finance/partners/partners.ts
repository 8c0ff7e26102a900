import type { Context } from 'hono';
import { z } from 'zod';

import { listNextPaymentsOf, type NextPayment } from '../../../../commands/payouts/payability.ts';
import {
  type ListedPartner,
  listPartnersBy,
  PARTNER_STATES,
  type PartnerFilter,
  type PartnerState,
} from '../../../../db/partners/list.ts';
import { listPrograms } from '../../../../db/programs/programs.ts';
import { formatDecimal } from '../../../../domain/money.ts';
import { csvHeaders, csvStreamOf } from '../../../http/csv.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps, ApiEnv } from '../../../http/deps.ts';
import { mayOpen } from '../../../http/within-reach.ts';
import { nextPage, table, tag } from '../../components.ts';
import { filters } from '../../form.ts';
import { formatDay, sayAmount } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { yourOutcome } from '../../portal-words.ts';
import { KIND, METHOD } from '../../words.ts';
import { partnerPath } from './address.ts';

const PARTNERS_A_PAGE = 50;
/** A file is read in larger pages than the screen. */
const PARTNERS_A_READ = 500;
const PROGRAMS_MAX = 500;
const TEXT_CHARS_MAX = 100;
const Query = z.object({
  q: z.string().trim().max(TEXT_CHARS_MAX).default('').catch(''),
  program: z.string().trim().max(64).default('').catch(''),
  state: z.enum(PARTNER_STATES).optional().catch(undefined),
});
const AfterCode = z.string().max(64);

const STATE: Record<PartnerState, string> = {
  payable: 'payable: no hold, and details that work',
  held: 'held: on hold, or without details that work',
  no_details: 'no payout details',
};

function readWish(c: Context<ApiEnv>): { query: Record<string, string>; filter: PartnerFilter } {
  const { q, program, state } = Query.parse(c.req.query());
  const query = { ...(q && { q }), ...(program && { program }), ...(state && { state }) };
  return { query, filter: { text: q, program: program || undefined, state } };
}

type Row = { partner: ListedPartner; payment: NextPayment | null };

/** A row for each schedule and currency in which a partner has or had money, and one row for a partner without any. */
async function rowsOf(db: ApiDeps['db'], partners: readonly ListedPartner[]): Promise<Row[]> {
  if (partners.length === 0) return [];
  const payments = await listNextPaymentsOf(
    db,
    partners.map(({ id }) => id),
    Date.now(),
  );
  return partners.flatMap((partner): Row[] => {
    const own = payments.get(partner.id) ?? [];
    return own.length === 0 ? [{ partner, payment: null }] : own.map((payment) => ({ partner, payment }));
  });
}

const stateOf = ({ partner, payment }: Row): Html[] | string => {
  const tags = payment ? [tag(yourOutcome(payment.outcome))] : [];
  const isHeld = partner.onHoldReason !== null && payment?.outcome !== 'partner_on_hold';
  const all = [
    ...tags,
    ...(isHeld ? [tag({ label: 'on hold', tone: 'alert' })] : []),
    ...(partner.isMerged ? [tag({ label: 'merged', tone: 'plain' })] : []),
  ];
  return all.length > 0 ? all : '–';
};

const COLUMNS = [
  'Partner',
  'Kind',
  'Country',
  'Schedule',
  { label: 'Payable', number: true },
  { label: 'Held for refunds', number: true },
  'By',
  'State',
  'Paid on',
];

const drawRow = (row: Row) => {
  const { partner, payment } = row;
  return {
    head: html`<a href="${partnerPath(partner.code)}">${partner.name}</a> <small>${partner.code}</small>`,
    cells: [
      KIND[partner.kind],
      partner.country,
      payment?.schedule ?? '–',
      payment ? html`<strong>${sayAmount(payment.payable)}</strong>` : '–',
      payment ? sayAmount(payment.held) : '–',
      payment?.method ? METHOD[payment.method] : '–',
      stateOf(row),
      payment?.nextPayOn ? html`<span class="day">${formatDay(payment.nextPayOn)}</span>` : '–',
    ],
  };
};

const CSV_COLUMNS = [
  'partner',
  'name',
  'kind',
  'country',
  'schedule',
  'currency',
  'payable',
  'held',
  'method',
  'state',
  'onHold',
  'paidOn',
];

const csvRow = ({ partner, payment }: Row): string[] => [
  partner.code,
  partner.name,
  partner.kind,
  partner.country,
  payment?.schedule ?? '',
  payment?.payable.currency ?? '',
  payment ? formatDecimal(payment.payable) : '',
  payment ? formatDecimal(payment.held) : '',
  payment?.method ?? '',
  payment?.outcome ?? '',
  partner.onHoldReason ?? '',
  payment?.nextPayOn ?? '',
];

/** Every partner of a filter, page by page, so that a file has no limit. */
async function* csvRows(db: ApiDeps['db'], filter: PartnerFilter): AsyncGenerator<string[]> {
  let after: string | null = null;
  for (;;) {
    const page: readonly ListedPartner[] = await listPartnersBy(db, filter, after, PARTNERS_A_READ);
    for (const row of await rowsOf(db, page)) yield csvRow(row);
    after = page.at(-1)?.code ?? null;
    if (page.length < PARTNERS_A_READ) return;
  }
}

/** Every partner with their next payment. The filters stand in the address, and the file has the same rows. */
export function partnerListPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /partners', async (c, visitor) => {
    const { query, filter } = readWish(c);
    const after = AfterCode.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const [{ items, nextCursor }, programs] = await Promise.all([
      readPage(PARTNERS_A_PAGE, (count) => listPartnersBy(db, filter, after, count), {
        key: ({ code }) => code,
        item: (partner) => partner,
      }),
      listPrograms(db, null, PROGRAMS_MAX),
    ]);
    const main = html`<header class="title">
        <h1>Partners</h1>
        ${mayOpen(visitor, 'GET /new-partner') && html`<div class="actions"><a class="button primary" href="/new-partner">Add a partner…</a></div>`}
      </header>
      ${filters(
        '/partners',
        [
          { name: 'q', label: 'Name, code, mail or last four' },
          {
            name: 'program',
            label: 'Program',
            choices: programs.map(({ code, name }) => ({ value: code, label: name })),
            noChoice: 'all',
          },
          {
            name: 'state',
            label: 'State',
            choices: PARTNER_STATES.map((value) => ({ value, label: STATE[value] })),
            noChoice: 'all',
          },
        ],
        { values: query },
      )}
      ${table({
        caption: 'Partners and their next payments',
        columns: COLUMNS,
        rows: (await rowsOf(db, items)).map(drawRow),
        empty:
          Object.keys(query).length > 0
            ? html`No partner fits these filters. <a href="/partners">Show all</a>.`
            : 'There is no partner yet. Import a file of partners, or add the first one by the API.',
        aside: html`<a href="/partners.csv?${new URLSearchParams(query).toString()}">CSV</a>`,
      })}
      ${nextPage('/partners', nextCursor, query)}`;
    return sendPage(c, consolePage({ title: 'Partners', here: '/partners', main }, visitor));
  });

  pages.on('GET /partners.csv', (c) => {
    const file = csvStreamOf(CSV_COLUMNS, csvRows(db, readWish(c).filter));
    return c.body(file, 200, { ...csvHeaders('partners.csv'), 'cache-control': 'no-store' });
  });
}
