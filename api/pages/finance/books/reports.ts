import { type AccruedMonth, listAccruedByMonth } from '../../../../db/books/incentive-days.ts';
import { listPaidByMonth, type PaidMonth, type ReportFilter } from '../../../../db/books/reports.ts';
import type { Database } from '../../../../db/database.ts';
import { formatMinor } from '../../../../domain/money.ts';
import { digitsOf, type UnitCode } from '../../../../domain/unit.ts';
import { csvHeaders, csvOf } from '../../../http/csv.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { barChart } from '../../chart.ts';
import { table } from '../../components.ts';
import { countOf, formatAmount, formatMonth, formatMonthTick, sayAmount } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { csvOfReport, monthsBetween, readWish, reportHead, type Wish } from './report-frame.ts';

const MONTHS_DEFAULT = 12;

type Month = { month: string; payouts: number; paidMinor: bigint; accruedMinor: bigint };
type Part = { currency: UnitCode; months: readonly Month[] };

/** The number that a chart draws for an amount: in whole units, for the geometry alone. */
export const heightOf = (minor: bigint, currency: UnitCode): number => Number(minor) / 10 ** digitsOf(currency);
/** A number of an axis: `12,000`. */
export const sayTick = (value: number): string => new Intl.NumberFormat('en-US', { notation: 'compact' }).format(value);

/** The paid and the accrued amounts of each currency, with every month of the period. */
async function readParts(db: Database, filter: ReportFilter): Promise<Part[]> {
  const [paid, accrued] = await Promise.all([listPaidByMonth(db, filter), listAccruedByMonth(db, filter)]);
  const currencies = [...new Set([...paid, ...accrued].map(({ currency }) => currency))].toSorted();
  const find = <Row extends PaidMonth | AccruedMonth>(rows: readonly Row[], month: string, currency: UnitCode) =>
    rows.find((row) => row.month === month && row.currency === currency);
  return currencies.map((currency) => ({
    currency,
    months: monthsBetween(filter).map((month) => {
      const inMonth = find(paid, month, currency);
      return {
        month,
        payouts: inMonth?.payouts ?? 0,
        paidMinor: inMonth?.minor ?? 0n,
        accruedMinor: find(accrued, month, currency)?.minor ?? 0n,
      };
    }),
  }));
}

const totalOf = (months: readonly Month[], of: 'paidMinor' | 'accruedMinor'): bigint =>
  months.reduce((sum, month) => sum + month[of], 0n);

function findingOf({ currency, months }: Part): string {
  const say = (minor: bigint) => sayAmount({ minor, currency });
  const most = months.toSorted((a, b) => Number(b.paidMinor - a.paidMinor))[0];
  const paid = `${say(totalOf(months, 'paidMinor'))} were paid and ${say(totalOf(months, 'accruedMinor'))} were earned`;
  return most && most.paidMinor > 0n
    ? `${paid}. The most was paid in ${formatMonth(most.month)}: ${say(most.paidMinor)}.`
    : `${paid}.`;
}

function partOf(part: Part, wish: Wish): Html {
  const { currency, months } = part;
  const say = (minor: bigint) => formatAmount({ minor, currency });
  const finding = findingOf(part);
  const bars = months.map(({ month, paidMinor, accruedMinor }) => ({
    label: formatMonthTick(month),
    value: heightOf(paidMinor, currency),
    line: heightOf(accruedMinor, currency),
  }));
  return html`<section class="report card">
    <h2>${currency}</h2>
    <p>${finding}</p>
    ${barChart(`Chart of ${currency}`, bars, finding, sayTick)}
    <p class="legend"><span data-series="bar">paid</span> <span data-series="line">earned</span></p>
    ${table({
      caption: `Months in ${currency}`,
      columns: [
        'Month',
        { label: 'Payouts', number: true },
        { label: 'Paid', number: true },
        { label: 'Earned', number: true },
        { label: 'Earned, less paid', number: true },
      ],
      rows: months.map(({ month, payouts, paidMinor, accruedMinor }) => ({
        head: html`<span class="day">${formatMonth(month)}</span>`,
        cells: [payouts, say(paidMinor), say(accruedMinor), say(accruedMinor - paidMinor)],
      })),
      empty: '',
      aside: csvOfReport('/reports/paid.csv', wish),
    })}
  </section>`;
}

/** Amounts paid by month, against those that were earned. Each currency has a chart of its own. */
export function reportPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /reports', async (c, visitor) => {
    const wish = await readWish(db, c, MONTHS_DEFAULT);
    const parts = wish.filter ? await readParts(db, wish.filter) : [];
    const about =
      'Paid is what settled. Earned is what the ledger booked, less what was taken back. With a program, paid is the part of its lines before tax and fees.';
    const main = html`${reportHead('/reports', about, wish)} ${parts.map((part) => partOf(part, wish))}
    ${
      parts.length === 0 &&
      html`<section class="empty">
        <h2>Nothing to report</h2>
        <p>Nothing settled and nothing was earned in these days. Choose other days, or all payers and programs.</p>
      </section>`
    }
    ${parts.length > 0 && html`<p class="quiet">${countOf(parts.length, 'currency', 'currencies')}. They are never added up.</p>`}`;
    return sendPage(c, consolePage({ title: 'Reports', here: '/reports', main }, visitor), wish.filter ? 200 : 400);
  });

  pages.on('GET /reports/paid.csv', async (c) => {
    const { filter } = await readWish(db, c, MONTHS_DEFAULT);
    const parts = filter ? await readParts(db, filter) : [];
    const rows = parts.flatMap(({ currency, months }) =>
      months.map(({ month, payouts, paidMinor, accruedMinor }) => [
        month,
        currency,
        payouts,
        formatMinor(paidMinor, digitsOf(currency)),
        formatMinor(accruedMinor, digitsOf(currency)),
      ]),
    );
    const headers = { ...csvHeaders('paid.csv'), 'cache-control': 'no-store' };
    return c.body(csvOf(['month', 'currency', 'payouts', 'paid', 'earned'], rows), 200, headers);
  });
}
