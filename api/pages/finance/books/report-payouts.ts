import { type FailedReason, listFailedReasons, listOnTime, type OnTime } from '../../../../db/books/reports.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import { adviceOn } from '../../../../domain/payouts/advice.ts';
import { csvHeaders, csvOf } from '../../../http/csv.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { barChart } from '../../chart.ts';
import { table } from '../../components.ts';
import { countOf, sayAmount } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { GATEWAY, METHOD } from '../../words.ts';
import { csvOfReport, readWish, reportHead, type Wish } from './report-frame.ts';
import { sayTick } from './reports.ts';

const MONTHS_DEFAULT = 3;
const REASONS_DRAWN = 8;

const percentOf = ({ payouts, onTime }: OnTime): number =>
  payouts === 0 ? 0 : Math.floor((onTime * 1000) / payouts) / 10;

function onTimePart(methods: readonly OnTime[], wish: Wish): Html {
  const all = methods.reduce((sum, { payouts }) => sum + payouts, 0);
  const inTime = methods.reduce((sum, { onTime }) => sum + onTime, 0);
  const finding =
    all === 0
      ? 'No run paid in these days.'
      : `The provider was asked for ${countOf(inTime, 'payout')} of ${all} by the end of the promised day: ${methods
          .map((one) => `${METHOD[one.method]} ${percentOf(one)} %`)
          .join(', ')}.`;
  return html`<section class="report card">
    <h2>On time</h2>
    <p>${finding}</p>
    ${
      all > 0 &&
      barChart(
        'Chart of payouts on time',
        methods.map((one) => ({ label: METHOD[one.method], value: percentOf(one) })),
        finding,
        (value) => `${value} %`,
      )
    }
    ${table({
      caption: 'By method',
      columns: [
        'Method',
        { label: 'Payouts', number: true },
        { label: 'On time', number: true },
        { label: 'Late', number: true },
        { label: 'Share on time', number: true },
      ],
      rows: methods.map((one) => ({
        head: METHOD[one.method],
        cells: [one.payouts, one.onTime, one.payouts - one.onTime, `${percentOf(one)} %`],
      })),
      empty: 'No run paid in these days.',
      aside: csvOfReport('/reports/on-time.csv', wish),
    })}
  </section>`;
}

function failurePart(reasons: readonly FailedReason[], wish: Wish): Html {
  const counts = Map.groupBy(reasons, ({ gateway, reason }) => `${GATEWAY[gateway]}: ${reason ?? 'no reason'}`);
  const bars = [...counts]
    .map(([label, rows]) => ({ label, value: rows.reduce((sum, { payouts }) => sum + payouts, 0) }))
    .toSorted((a, b) => b.value - a.value)
    .slice(0, REASONS_DRAWN);
  const [first] = bars;
  const finding = first
    ? `The most frequent reason is ${first.label}, of ${countOf(first.value, 'payout')}.`
    : 'No payout failed or came back in these days.';
  return html`<section class="report card">
    <h2>Failures by reason</h2>
    <p>${finding}</p>
    ${
      first &&
      barChart(
        'Chart of failures',
        bars.map(({ value }, index) => ({ label: String(index + 1), value })),
        finding,
        sayTick,
      )
    }
    ${table({
      caption: 'By provider, reason and currency',
      columns: [
        'Reason',
        'Provider',
        'Who must act',
        { label: 'Payouts', number: true },
        { label: 'Amount', number: true },
      ],
      rows: reasons.map(({ gateway, reason, currency, payouts, minor }) => ({
        head: reason ?? 'no reason was given',
        cells: [
          GATEWAY[gateway],
          { partner: 'the partner', us: 'we', provider: 'the provider' }[adviceOn(gateway, 'failed', reason).who],
          payouts,
          sayAmount(money(minor, currency)),
        ],
      })),
      empty: 'No payout failed or came back in these days.',
      aside: csvOfReport('/reports/failures.csv', wish),
    })}
  </section>`;
}

/** Whether payouts left by the promised day, and why some failed. */
export function payoutReportPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /reports/payouts', async (c, visitor) => {
    const wish = await readWish(db, c, MONTHS_DEFAULT);
    const { filter } = wish;
    const [methods, reasons] = filter
      ? await Promise.all([listOnTime(db, filter), listFailedReasons(db, filter)])
      : [[], []];
    const about =
      'On time are payouts whose provider was asked until the end of the promised day, in the zone of their schedule.';
    const main = html`${reportHead('/reports/payouts', about, wish, ['payer'])} ${onTimePart(methods, wish)}
    ${failurePart(reasons, wish)}`;
    return sendPage(c, consolePage({ title: 'Reports', here: '/reports', main }, visitor), filter ? 200 : 400);
  });

  pages.on('GET /reports/on-time.csv', async (c) => {
    const { filter } = await readWish(db, c, MONTHS_DEFAULT);
    const rows = (filter ? await listOnTime(db, filter) : []).map((one) => [one.method, one.payouts, one.onTime]);
    const headers = { ...csvHeaders('on-time.csv'), 'cache-control': 'no-store' };
    return c.body(csvOf(['method', 'payouts', 'onTime'], rows), 200, headers);
  });

  pages.on('GET /reports/failures.csv', async (c) => {
    const { filter } = await readWish(db, c, MONTHS_DEFAULT);
    const rows = (filter ? await listFailedReasons(db, filter) : []).map(
      ({ gateway, reason, currency, payouts, minor }) => [
        gateway,
        reason ?? '',
        currency,
        payouts,
        formatDecimal(money(minor, currency)),
      ],
    );
    const headers = { ...csvHeaders('failures.csv'), 'cache-control': 'no-store' };
    return c.body(csvOf(['gateway', 'reason', 'currency', 'payouts', 'amount'], rows), 200, headers);
  });
}
