import { listBackTestBudgets } from '../../../../db/earnings/back-test-budgets.ts';
import {
  type BackTest,
  type BackTestGroup,
  type BackTestPartner,
  type BackTestTotal,
  getBackTest,
  listBackTestGroups,
  listBackTestTotals,
  listLargestDifferences,
  listStoppedEvents,
  type StoppedRow,
} from '../../../../db/earnings/back-tests.ts';
import { localDate } from '../../../../domain/calendar.ts';
import { money } from '../../../../domain/money.ts';
import type { UnitCode } from '../../../../domain/unit.ts';
import { csvHeaders, csvStreamOf } from '../../../http/csv.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { BACK_TEST_COLUMNS, backTestRows } from '../../../routes/earnings/back-tests.ts';
import { table, tag } from '../../components.ts';
import { countOf, formatDay, sayAmount } from '../../format.ts';
import { type definePages, idOf, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { live, tellChanges } from '../../live.ts';
import { BACK_TEST_STATE } from '../../earning-words.ts';
import { eventPath, kindWords } from '../earnings/event-words.ts';
import { planPath, programPath } from './paths.ts';

const LARGEST = 10;
const STOPPED_SHOWN = 100;

/** A draft of terms on past events: its cost in total and for each partner, followed while it is worked out. */
export function backTestPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /back-tests/{id}', async (c, visitor) => {
    const test = await getBackTest(db, idOf(c, 'back-test'));
    const [totals, months, gains, losses, budgets, stopped] = await Promise.all([
      listBackTestTotals(db, test.id),
      listBackTestGroups(db, test.id, 'month'),
      listLargestDifferences(db, test.id, 'gains', LARGEST),
      listLargestDifferences(db, test.id, 'losses', LARGEST),
      listBackTestBudgets(db, test.id),
      listStoppedEvents(db, test.id, null, STOPPED_SHOWN),
    ]);
    const path = `/back-tests/${test.id}`;
    const plan = planPath(test.program, test.plan);
    const inside = html`<header class="title">
        <p><a href="${programPath(test.program)}">${test.program}</a> / <a href="${plan}">${test.plan}</a></p>
        <h1>Back-test ${tag(BACK_TEST_STATE[test.state])}</h1>
        <p>Events from ${formatDay(test.from)} until before ${formatDay(test.until)}, asked for by ${test.askedBy}</p>
        ${
          mayUse(visitor.roles, 'GET /programs/{code}/plans/{plan}/edit') &&
          html`<p><a class="button" href="${plan}/edit?from=${test.id}">Edit these terms…</a></p>`
        }
      </header>
      ${test.state === 'running' && html`<progress aria-label="The back-test runs"></progress>`}
      ${test.state === 'failed' && html`<p class="card notice" data-tone="alert">It could not be worked out. Nothing depends on it. Operators were told.</p>`}
      ${totals.map((total) => totalCard(total))}
      ${
        totals.length === 0 &&
        html`<p class="card">
          ${test.state === 'running' ? 'No partner is worked out yet.' : 'No event of these days earned anything, and none would.'}
        </p>`
      }
      ${differenceTable('Largest gains', gains, path)} ${differenceTable('Largest losses', losses, path)}
      ${months.length > 0 && monthTable(months)}
      ${
        budgets.length > 0 &&
        table({
          caption: 'Budgets that these terms name',
          columns: ['Budget', { label: 'Amount', number: true }, { label: 'Needed', number: true }],
          rows: budgets.map(({ budget, unit, amountMinor, neededMinor }) => ({
            head: budget,
            cells: [sayAmount(money(amountMinor, unit)), sayAmount(money(neededMinor, unit))],
          })),
          empty: '',
        })
      }
      ${stopped.length > 0 && stoppedTable(stopped, test)}`;
    // The part keeps its name, so that an open page finds the result in the answer.
    const main =
      test.state === 'running'
        ? live({ path, changes: `${path}/changes` }, inside)
        : html`<div id="live" class="live">${inside}</div>`;
    return sendPage(c, consolePage({ title: 'Back-test', here: '/programs', main }, visitor));
  });

  pages.on('GET /back-tests/{id}/changes', async (c) => {
    const { id } = await getBackTest(db, idOf(c, 'back-test'));
    return tellChanges(c, async () => {
      const { state, doneThrough } = await getBackTest(db, id);
      return `${state} ${doneThrough}`;
    });
  });

  pages.on('GET /back-tests/{id}/partners.csv', async (c) => {
    const { id } = await getBackTest(db, idOf(c, 'back-test'));
    return c.body(csvStreamOf(BACK_TEST_COLUMNS, backTestRows(db, id)), 200, {
      ...csvHeaders(`back-test-${id}.csv`),
      'cache-control': 'no-store',
    });
  });
}

const signed = (minor: bigint, unit: UnitCode): string => `${minor > 0n ? '+' : ''}${sayAmount(money(minor, unit))}`;

const totalCard = (total: BackTestTotal): Html => {
  const { unit, oldMinor, newMinor, winners, gainMinor, losers, lossMinor, partners, stoppedCount } = total;
  return html`<dl class="totals">
    <div>
      <dt>${unit} <small>would cost</small></dt>
      <dd class="sum">${signed(newMinor - oldMinor, unit)}</dd>
      <dd class="then">${sayAmount(money(newMinor, unit))}, and was ${sayAmount(money(oldMinor, unit))}</dd>
    </div>
    <div>
      <dt>Gain</dt>
      <dd class="sum">${winners}</dd>
      <dd class="then">${signed(gainMinor, unit)}</dd>
    </div>
    <div>
      <dt>Lose</dt>
      <dd class="sum">${losers}</dd>
      <dd class="then">${signed(lossMinor, unit)}</dd>
    </div>
    <div>
      <dt>Partners</dt>
      <dd class="sum">${partners}</dd>
      <dd class="then">
        ${total.firstTime} would earn for the first time, ${total.noLonger} no longer, ${countOf(stoppedCount, 'event')}
        would earn nothing
      </dd>
    </div>
  </dl>`;
};

const AMOUNTS = [
  { label: 'Earned', number: true },
  { label: 'Would earn', number: true },
  { label: 'Difference', number: true },
] as const;

const amountsOf = ({ unit, oldMinor, newMinor }: Pick<BackTestGroup, 'unit' | 'oldMinor' | 'newMinor'>) => [
  sayAmount(money(oldMinor, unit)),
  sayAmount(money(newMinor, unit)),
  html`<strong>${signed(newMinor - oldMinor, unit)}</strong>`,
];

const differenceTable = (caption: string, rows: readonly BackTestPartner[], path: string): Html | false =>
  rows.length > 0 &&
  table({
    caption,
    columns: ['Partner', { label: 'Events', number: true }, ...AMOUNTS],
    rows: rows.map((row) => ({ head: row.partner, cells: [row.eventCount, ...amountsOf(row)] })),
    empty: '',
    aside: html`<a href="${path}/partners.csv">CSV of all partners</a>`,
  });

const monthTable = (months: readonly BackTestGroup[]): Html =>
  table({
    caption: 'By month',
    columns: ['Month', { label: 'Events', number: true }, ...AMOUNTS],
    rows: months.map((month) => ({ head: month.name, cells: [month.eventCount, ...amountsOf(month)] })),
    empty: '',
  });

const stoppedTable = (rows: readonly StoppedRow[], { zone }: BackTest): Html =>
  table({
    caption: 'Events that would earn nothing',
    columns: ['Event', 'Day', 'Partner', { label: 'Earned', number: true }, 'Why'],
    rows: rows.map(({ source, id, kind, occurredAt, partner, oldMinor, unit, reason }) => ({
      head: html`<a href="${eventPath(source, id)}">${kindWords(kind)}</a> <small>${source} ${id}</small>`,
      cells: [
        html`<span class="day">${formatDay(localDate(occurredAt.getTime(), zone))}</span>`,
        partner,
        sayAmount(money(oldMinor, unit)),
        reason,
      ],
    })),
    empty: '',
    aside: html`<small>the first ${STOPPED_SHOWN}</small>`,
  });
