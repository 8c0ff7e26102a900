import { z } from 'zod';

import { askForStatement } from '../../../../commands/books/statements.ts';
import { listReports } from '../../../../db/books/reconciliation.ts';
import { getReport, listReportLines, type MatchedLine } from '../../../../db/books/statement-lines.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import type { GatewayName } from '../../../../domain/rails.ts';
import { startReconciliation } from '../../../../temporal/starts.ts';
import { csvHeaders, csvStreamOf, everyRow } from '../../../http/csv.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { LocalDate } from '../../../http/schemas.ts';
import { nextPage, table, tag } from '../../components.ts';
import { field, type Filled, objectionsOf, orObjections } from '../../form.ts';
import { formatDay, formatInstant, sayAmount } from '../../format.ts';
import { type definePages, idOf, type PageContext, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { GATEWAY } from '../../words.ts';
import { gatewayOf } from '../payers/gateways.ts';
import { BREAK, LINE_KIND } from './words.ts';

const STATEMENTS_A_PAGE = 50;
const LINES_A_PAGE = 100;
const START_WAIT_MS = 5000;
const Place = z.tuple([LocalDate, z.uuid()]);

const at = (instant: Date | null): Html | string =>
  instant ? html`<span class="day">${formatInstant(instant, 'UTC')}</span>` : 'never';

/** Whether the earnings, the payout, the provider and the statement say the same amount. A fee that differs is told at its own line. */
function matchOf(line: MatchedLine): Html {
  const breaks = line.breaks.filter(
    (kind) => line.payoutId === null || (kind === 'fee_differs') === (line.kind === 'fee'),
  );
  if (breaks.length > 0) return html`${breaks.map((kind) => tag(BREAK[kind]))}`;
  if (line.payoutId === null)
    return line.kind === 'funding' || line.batchId !== null
      ? tag({ label: 'ours', tone: 'plain' })
      : tag({ label: 'names no payment of ours', tone: 'watch' });
  const isWhole = line.kind !== 'payout' || (line.earnedMinor === line.grossMinor && line.takenMinor === -line.minor);
  return isWhole ? tag({ label: 'matched', tone: 'good' }) : tag({ label: 'differs', tone: 'alert' });
}

function lineRow(line: MatchedLine) {
  const { payoutId, partner, payoutCurrency } = line;
  const ours = (minor: bigint | null) =>
    line.kind !== 'payout' || minor === null || payoutCurrency === null ? '' : sayAmount(money(minor, payoutCurrency));
  return {
    head: html`<code>${line.lineId}</code>
      <small>${LINE_KIND[line.kind]}, ${formatInstant(line.occurredAt, 'UTC')}</small>`,
    cells: [
      payoutId
        ? html`<a href="/payouts/${payoutId}">${partner}</a>`
        : line.reference && html`<code>${line.reference}</code>`,
      ours(line.earnedMinor),
      ours(line.netMinor),
      ours(line.takenMinor),
      sayAmount(money(line.minor, line.currency)),
      matchOf(line),
    ],
  };
}

const COLUMNS = ['line', 'kind', 'at', 'reference', 'payout', 'partner', 'currency', 'amount', 'breaks'];

/** The statements of a gateway, the lines of each with what our books say, and a day that is read again. */
export function financeStatementPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, temporal } = deps;

  async function sendStatements(
    c: PageContext,
    visitor: Parameters<typeof consolePage>[1],
    gateway: GatewayName,
    filled: Filled,
    status = 200,
  ) {
    const after = Place.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = (count: number) => listReports(db, gateway, after, count);
    const { items, nextCursor } = await readPage(STATEMENTS_A_PAGE, read, {
      key: ({ day, id }) => [day, id],
      item: (one) => one,
    });
    const asked = LocalDate.safeParse(c.req.query('asked')).data;
    const main = html`<header class="title">
        <p><a href="/reconciliation">Reconciliation</a></p>
        <h1>Statements of ${GATEWAY[gateway]}</h1>
        <p>Bursar reads them twice a day, and compares each day with our books once it is over.</p>
      </header>
      ${
        asked &&
        html`<p class="card notice" data-tone="good" role="status">
          The statement of ${formatDay(asked)} is being read. Load this page again to see the result.
        </p>`
      }
      ${
        mayUse(visitor.roles, 'POST /reconciliation/{gateway}/read') &&
        html`${objectionsOf(['day'], filled.objections)}
          <form method="post" action="/reconciliation/${gateway}/read" class="filters">
            ${field({ name: 'day', label: 'Read a day again', type: 'date', required: true }, filled)}
            <p class="buttons"><button class="primary">Read</button></p>
          </form>`
      }
      ${table({
        caption: 'Statements',
        columns: [
          'Day',
          'Payer',
          'Currency',
          { label: 'Lines', number: true },
          { label: 'Breaks', number: true },
          'State',
          'Read',
        ],
        rows: items.map(({ id, day, payer, currency, lineCount, breakCount, readAt, problem }) => ({
          head: html`<a href="/statements/${id}">${formatDay(day)}</a>`,
          cells: [
            payer,
            currency,
            lineCount,
            breakCount,
            problem
              ? html`${tag({ label: 'not read', tone: 'alert' })} <small>${problem}</small>`
              : breakCount > 0
                ? tag({ label: 'differs', tone: 'alert' })
                : tag({ label: 'matched', tone: 'good' }),
            at(readAt),
          ],
        })),
        empty: 'No statement was read yet. Bursar reads the first one in the night after the first payment.',
      })}
      ${nextPage(`/reconciliation/${gateway}`, nextCursor)}`;
    return sendPage(c, consolePage({ title: 'Statements', here: '/reconciliation', main }, visitor), status);
  }

  pages.on('GET /reconciliation/{gateway}', (c, visitor) => sendStatements(c, visitor, gatewayOf(c), { values: {} }));

  pages.on('POST /reconciliation/{gateway}/read', async (c, visitor) => {
    const gateway = gatewayOf(c);
    const values = await readForm(c, 'day');
    const day = LocalDate.safeParse(values.day);
    const wrong = { values, objections: [{ field: 'day', reason: 'is not a day' }] };
    if (!day.success) return sendStatements(c, visitor, gateway, wrong, 400);
    const asked = { gateway, day: day.data, now: new Date() };
    const done = await orObjections(() => askForStatement(db, asked, visitor.actorId));
    if (!done.success) return sendStatements(c, visitor, gateway, { values, objections: done.objections }, 400);
    await temporal.withDeadline(Date.now() + START_WAIT_MS, () => startReconciliation(temporal, gateway, day.data));
    return c.redirect(`/reconciliation/${gateway}?asked=${day.data}`, 303);
  });

  pages.on('GET /statements/{id}', async (c, visitor) => {
    const report = await getReport(db, idOf(c, 'statement'));
    const after =
      z
        .string()
        .max(300)
        .safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? '';
    const read = (count: number) => listReportLines(db, report.id, after, count);
    const { items, nextCursor } = await readPage(LINES_A_PAGE, read, {
      key: ({ lineId }) => lineId,
      item: (one) => one,
    });
    const { gateway, payer, currency, day, readAt, problem } = report;
    const main = html`<header class="title">
        <p>
          <a href="/reconciliation">Reconciliation</a> /
          <a href="/reconciliation/${gateway}">${GATEWAY[gateway]}</a>
        </p>
        <h1>${GATEWAY[gateway]}, ${payer}, ${currency}, ${formatDay(day)}</h1>
        <p>
          Each payment is compared four ways: what its lines earned, the payout, what the provider told us, and this
          statement. Last read ${at(readAt)}.
        </p>
        ${problem && html`<p>${tag({ label: 'not read', tone: 'alert' })} ${problem}</p>`}
      </header>
      ${table({
        caption: 'Lines',
        columns: [
          'Line',
          'Payout',
          { label: 'Earned', number: true },
          { label: 'Payout', number: true },
          { label: 'Provider', number: true },
          { label: 'Statement', number: true },
          'Match',
        ],
        rows: items.map(lineRow),
        empty: 'The account had no movement on this day.',
        aside: html`<a href="/statements/${report.id}/lines.csv">CSV</a>`,
      })}
      ${nextPage(`/statements/${report.id}`, nextCursor)}`;
    return sendPage(c, consolePage({ title: `Statement, ${day}`, here: '/reconciliation', main }, visitor));
  });

  pages.on('GET /statements/{id}/lines.csv', async (c) => {
    const { id, gateway, day, currency } = await getReport(db, idOf(c, 'statement'));
    const rows = everyRow(
      (after: MatchedLine | null, count) => listReportLines(db, id, after?.lineId ?? '', count),
      (line) => [
        line.lineId,
        line.kind,
        line.occurredAt.toISOString(),
        line.reference ?? '',
        line.payoutId ?? '',
        line.partner ?? '',
        line.currency,
        formatDecimal(money(line.minor, line.currency)),
        line.breaks.join(' '),
      ],
    );
    const name = `statement-${gateway}-${currency}-${day}.csv`;
    return c.body(csvStreamOf(COLUMNS, rows), 200, { ...csvHeaders(name), 'cache-control': 'no-store' });
  });
}
