import { type IncentiveSum, listIncentiveSums } from '../../../../db/books/incentive-days.ts';
import { formatMinor } from '../../../../domain/money.ts';
import { digitsOf } from '../../../../domain/unit.ts';
import { csvHeaders, csvOf } from '../../../http/csv.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { barChart } from '../../chart.ts';
import { table } from '../../components.ts';
import { formatAmount, sayAmount } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { csvOfReport, readWish, reportHead, type Wish } from './report-frame.ts';
import { heightOf, sayTick } from './reports.ts';

const MONTHS_DEFAULT = 1;
const DRAWN_MAX = 12;

/** The costs of the incentives, each named `program/incentive`. */
const readCosts = async (db: ApiDeps['db'], { filter }: Wish): Promise<readonly IncentiveSum[]> =>
  filter ? listIncentiveSums(db, filter) : [];

function partOf(unit: IncentiveSum['unit'], costs: readonly IncentiveSum[], wish: Wish): Html {
  const sorted = costs.toSorted((a, b) => Number(b.costMinor - a.costMinor));
  const [first] = sorted;
  const finding = first ? `${first.name} cost the most: ${sayAmount({ minor: first.costMinor, currency: unit })}.` : '';
  const say = (minor: bigint) => formatAmount({ minor, currency: unit });
  return html`<section class="report card">
    <h2>${unit}</h2>
    <p>${finding}</p>
    ${barChart(
      `Chart of ${unit}`,
      sorted.slice(0, DRAWN_MAX).map(({ costMinor }, index) => ({
        label: String(index + 1),
        value: heightOf(costMinor, unit),
      })),
      finding,
      sayTick,
    )}
    ${table({
      caption: `Incentives in ${unit}`,
      columns: [
        'Incentive',
        { label: 'Cost', number: true },
        { label: 'Value moved', number: true },
        { label: 'Events', number: true },
      ],
      rows: sorted.map(({ name, costMinor, movedMinor, events }, index) => ({
        head: html`${index < DRAWN_MAX && html`${index + 1}. `}${name}`,
        cells: [say(costMinor), say(movedMinor), events],
      })),
      empty: '',
      aside: csvOfReport('/reports/costs.csv', wish),
    })}
  </section>`;
}

/** The cost of each incentive. Each unit has a chart of its own. */
export function costReportPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /reports/costs', async (c, visitor) => {
    const wish = await readWish(db, c, MONTHS_DEFAULT);
    const costs = await readCosts(db, wish);
    const about =
      'The cost is what was earned, less what was taken back, of the earnings that were booked in these days.';
    const main = html`${reportHead('/reports/costs', about, wish, ['program'])}
    ${[...Map.groupBy(costs, ({ unit }) => unit)].map(([unit, rows]) => partOf(unit, rows, wish))}
    ${
      costs.length === 0 &&
      html`<section class="empty">
        <h2>No incentive cost anything</h2>
        <p>No earnings were booked in these days. Choose other days, or all programs.</p>
      </section>`
    }`;
    return sendPage(c, consolePage({ title: 'Reports', here: '/reports', main }, visitor), wish.filter ? 200 : 400);
  });

  pages.on('GET /reports/costs.csv', async (c) => {
    const costs = await readCosts(db, await readWish(db, c, MONTHS_DEFAULT));
    const rows = costs.map(({ name, unit, costMinor, movedMinor, events }) => [
      name,
      unit,
      formatMinor(costMinor, digitsOf(unit)),
      formatMinor(movedMinor, digitsOf(unit)),
      events,
    ]);
    const headers = { ...csvHeaders('costs.csv'), 'cache-control': 'no-store' };
    return c.body(csvOf(['incentive', 'unit', 'cost', 'moved', 'events'], rows), 200, headers);
  });
}
