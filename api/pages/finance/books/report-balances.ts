import { listNegativeBalances, type NegativeBalance } from '../../../../db/books/negative-balances.ts';
import type { Database } from '../../../../db/database.ts';
import { type Liability, listLiabilities } from '../../../../db/earnings/points-balances.ts';
import { AGE_BUCKETS, type AgeBucket, ageOf } from '../../../../domain/books/ageing.ts';
import { NEVER } from '../../../../domain/earnings/lots.ts';
import { formatDecimal, formatMinor, money } from '../../../../domain/money.ts';
import { digitsOf } from '../../../../domain/unit.ts';
import { csvHeaders, csvOf, csvStreamOf, everyRow } from '../../../http/csv.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { barChart } from '../../chart.ts';
import { table } from '../../components.ts';
import { countOf, formatAmount, formatInstant, formatMonth, sayAmount } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { reportHead } from './report-frame.ts';
import { heightOf, sayTick } from './reports.ts';

const DEBTS_MAX = 5000;
const DEBTS_SHOWN = 50;
const POINTS_MAX = 2000;

const BUCKET: Record<AgeBucket, string> = {
  '0-30': '0 to 30 days',
  '31-60': '31 to 60 days',
  '61-90': '61 to 90 days',
  'over-90': 'over 90 days',
};

function debtPart(currency: NegativeBalance['currency'], debts: readonly NegativeBalance[]): Html {
  const now = Date.now();
  const buckets = AGE_BUCKETS.map((bucket) => {
    const inBucket = debts.filter(({ since }) => ageOf(since, now).bucket === bucket);
    return { bucket, count: inBucket.length, minor: -inBucket.reduce((sum, { minor }) => sum + minor, 0n) };
  });
  const total = buckets.reduce((sum, { minor }) => sum + minor, 0n);
  const old = buckets.find(({ bucket }) => bucket === 'over-90')?.minor ?? 0n;
  const finding = `${countOf(debts.length, 'partner')} owe us ${sayAmount(money(total, currency))}. ${sayAmount(money(old, currency))} of it is older than 90 days.`;
  return html`<section class="report card">
    <h2>Balances below zero in ${currency}</h2>
    <p>${finding}</p>
    ${barChart(
      `Chart of debts in ${currency}`,
      buckets.map(({ bucket, minor }) => ({ label: BUCKET[bucket], value: heightOf(minor, currency) })),
      finding,
      sayTick,
    )}
    ${table({
      caption: `By age in ${currency}`,
      columns: ['Age', { label: 'Partners', number: true }, { label: 'They owe us', number: true }],
      rows: buckets.map(({ bucket, count, minor }) => ({
        head: BUCKET[bucket],
        cells: [count, formatAmount(money(minor, currency))],
      })),
      empty: '',
      aside: html`<a href="/reports/debts.csv">CSV</a>`,
    })}
    ${table({
      caption: `Largest in ${currency}`,
      columns: ['Partner', 'Since', { label: 'They owe us', number: true }],
      rows: debts
        .toSorted((a, b) => Number(a.minor - b.minor))
        .slice(0, DEBTS_SHOWN)
        .map(({ partner, name, minor, since }) => ({
          head: html`${name} <small>${partner}</small>`,
          cells: [formatInstant(since, 'UTC'), formatAmount(money(-minor, currency))],
        })),
      empty: '',
    })}
  </section>`;
}

const monthOf = (month: string): string => (month === NEVER ? 'never' : formatMonth(month.slice(0, 'YYYY-MM'.length)));

function pointsPart(unit: Liability['unit'], rows: readonly Liability[]): Html {
  const total = rows.reduce((sum, { minor }) => sum + minor, 0n);
  const [next] = rows;
  const finding = `Partners have ${sayAmount({ minor: total, currency: unit })}. ${next && next.month !== NEVER ? `The first expire in ${monthOf(next.month)}: ${sayAmount({ minor: next.minor, currency: unit })}.` : 'They never expire.'}`;
  return html`<section class="report card">
    <h2>Points of ${rows[0]?.program}</h2>
    <p>${finding}</p>
    ${barChart(
      `Chart of ${unit}`,
      rows.map(({ month, minor }) => ({ label: monthOf(month), value: heightOf(minor, unit) })),
      finding,
      sayTick,
    )}
    ${table({
      caption: `By month of expiry in ${unit}`,
      columns: ['Expire', { label: 'Points', number: true }],
      rows: rows.map(({ month, minor }) => ({
        head: monthOf(month),
        cells: [formatAmount({ minor, currency: unit })],
      })),
      empty: '',
      aside: html`<a href="/reports/points.csv">CSV</a>`,
    })}
  </section>`;
}

const readPoints = (db: Database) => listLiabilities(db, null, POINTS_MAX);

/** The balances of partners below zero by age, and the points that they still have. */
export function balanceReportPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /reports/balances', async (c, visitor) => {
    const [debts, points] = await Promise.all([listNegativeBalances(db, null, DEBTS_MAX), readPoints(db)]);
    const about = 'These are the balances of now: partners who owe us, and points that partners may still use.';
    const main = html`${reportHead('/reports/balances', about, null)}
    ${[...Map.groupBy(debts, ({ currency }) => currency)].map(([currency, rows]) => debtPart(currency, rows))}
    ${
      debts.length === 0 &&
      html`<section class="empty">
        <h2>No balance is below zero</h2>
        <p>A refund or a return after a payout makes one.</p>
      </section>`
    }
    ${[...Map.groupBy(points, ({ unit }) => unit)].map(([unit, rows]) => pointsPart(unit, rows))}
    ${
      points.length === 0 &&
      html`<section class="empty">
        <h2>No partner has points</h2>
        <p>Programs with a unit of points make some.</p>
      </section>`
    }`;
    return sendPage(c, consolePage({ title: 'Reports', here: '/reports', main }, visitor));
  });

  pages.on('GET /reports/debts.csv', async (c) => {
    const rows = everyRow(
      (after: NegativeBalance | null, count) => listNegativeBalances(db, after, count),
      ({ partner, name, currency, minor, since }) => [
        partner,
        name,
        currency,
        formatDecimal(money(minor, currency)),
        since.toISOString(),
        ageOf(since, Date.now()).days,
      ],
    );
    const headers = { ...csvHeaders('debts.csv'), 'cache-control': 'no-store' };
    return c.body(csvStreamOf(['partner', 'name', 'currency', 'balance', 'since', 'days'], rows), 200, headers);
  });

  pages.on('GET /reports/points.csv', async (c) => {
    const rows = (await readPoints(db)).map(({ program, unit, month, minor }) => [
      program,
      unit,
      month === NEVER ? '' : month.slice(0, 'YYYY-MM'.length),
      formatMinor(minor, digitsOf(unit)),
    ]);
    const headers = { ...csvHeaders('points.csv'), 'cache-control': 'no-store' };
    return c.body(csvOf(['program', 'unit', 'expires', 'points'], rows), 200, headers);
  });
}
