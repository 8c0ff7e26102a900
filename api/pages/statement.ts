import {
  listPartnerMovements,
  listPartnerTotals,
  type PartnerMovement,
  type StatementDays,
} from '../../db/books/partner-statement.ts';
import type { Database } from '../../db/database.ts';
import { addDays, addMonths, localDate } from '../../domain/calendar.ts';
import type { FailureDetail } from '../../domain/errors.ts';
import { LocalDay } from '../../domain/fields.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import { METHOD_NAMES } from '../../domain/rails.ts';
import { csvHeaders, csvOf } from '../http/csv.ts';
import { table } from './components.ts';
import { field, objectionsOf } from './form.ts';
import { formatAmount, formatDay, sayAmount } from './format.ts';
import { type PageContext } from './guard.ts';
import { html, type Html } from './html.ts';
import { MOVEMENT } from './portal-words.ts';
import { say } from './say.ts';

/** The statement of a partner for any days: what we owed, everything that moved it, and what we owe. Staff and partner read the same one. */
export type Account = {
  partner: { id: bigint; code: string; name: string };
  zone: string;
  /** The address of the statement, and what stands before the id of a payout in an address. */
  path: string;
  payouts: string;
  words: { caption: (currency: string) => string; owed: (amount: string) => string; nothing: () => string };
  /** More about a line, next to it. */
  afterLine?: (line: { line: string; day: string; currency: string; amount: string }) => Html;
};

const LINE_CHARS_MAX = 200;

export async function drawStatement(
  db: Database,
  c: PageContext,
  account: Account,
): Promise<{ main: Html; status: number }> {
  const { partner, path, words } = account;
  const asked = readDays(c, account.zone);
  const { values, objections, days } = asked;
  const parts = objections.length > 0 ? [] : await readStatement(db, partner.id, days);
  const main = html`<form method="get" action="${path}" class="filters">
      ${field({ name: 'from', label: say('statement.from'), type: 'date', required: true }, asked)}
      ${field({ name: 'until', label: say('statement.until'), type: 'date', required: true }, asked)}
      <p class="buttons"><button class="primary">${say('list.show')}</button></p>
    </form>
    ${objectionsOf(['from', 'until'], objections)}
    <p class="quiet">
      ${say('statement.days', { from: formatDay(days.from), until: formatDay(days.until), zone: days.zone })}
    </p>
    <nav aria-label="${say('statement.periods')}" class="periods">
      ${periodsOf(localDate(Date.now(), days.zone)).map(
        ({ name, from, until }) => html`<a href="${path}?${queryOf({ from, until })}">${name}</a>`,
      )}
      ${objections.length === 0 && html`<a href="${path}.csv?${queryOf(values)}">${say('statement.csv')}</a>`}
    </nav>
    ${parts.map((part) => partOf(account, part))}
    ${
      objections.length === 0 &&
      parts.length === 0 &&
      html`<section class="empty">
        <h2>${say('statement.nothingMoved')}</h2>
        <p>${words.nothing()}</p>
      </section>`
    }`;
  return { main, status: objections.length > 0 ? 400 : 200 };
}

/** The same statement as a file. */
export async function statementFile(
  db: Database,
  c: PageContext,
  { partner, zone }: Pick<Account, 'partner' | 'zone'>,
): Promise<Response> {
  const { objections, days } = readDays(c, zone);
  const [wrong] = objections;
  if (wrong) return c.text(`Nothing was written: ${wrong.field} ${wrong.reason}.\n`, 400);
  const rows = (await readStatement(db, partner.id, days)).flatMap(cellsOf);
  const name = `statement-${partner.code}-${days.from}-${days.until}.csv`;
  return c.body(csvOf(COLUMNS, rows), 200, { ...csvHeaders(name), 'cache-control': 'no-store' });
}

const queryOf = (days: Readonly<Record<string, string>>): string => new URLSearchParams(days).toString();

/** The days in an address, or this month so far. */
function readDays(c: PageContext, zone: string) {
  const today = localDate(Date.now(), zone);
  const values = { from: c.req.query('from') ?? `${today.slice(0, 7)}-01`, until: c.req.query('until') ?? today };
  const objections: FailureDetail[] = Object.entries(values).flatMap(([name, value]) => {
    const reason = LocalDay.safeParse(value).error?.issues[0]?.message;
    return reason === undefined ? [] : [{ field: name, reason }];
  });
  if (objections.length === 0 && values.until < values.from)
    objections.push({ field: 'until', reason: 'is before the first day' });
  if (objections.length === 0 && values.until > today)
    objections.push({ field: 'until', reason: 'is not here yet: choose a day up to today' });
  const days: StatementDays = { ...(objections.length > 0 ? { from: today, until: today } : values), zone };
  return { values, objections, days };
}

/** The periods that people ask for most. */
function periodsOf(today: string) {
  const month = `${today.slice(0, 7)}-01`;
  const year = `${today.slice(0, 4)}-01-01`;
  return [
    { name: say('statement.thisMonth'), from: month, until: today },
    { name: say('statement.lastMonth'), from: addMonths(month, -1), until: addDays(month, -1) },
    { name: say('statement.thisYear'), from: year, until: today },
    { name: say('statement.lastYear'), from: addMonths(year, -12), until: addDays(year, -1) },
  ];
}

type Line = PartnerMovement & { day: string; balanceMinor: bigint };
type Part = Awaited<ReturnType<typeof listPartnerTotals>>[number] & { lines: readonly Line[] };

/** The statement in each currency, with the balance after every line. */
async function readStatement(db: Database, partnerId: bigint, days: StatementDays): Promise<readonly Part[]> {
  // One snapshot, so that the lines make up the difference of the balances.
  const [totals, movements] = await db.transaction(
    async (tx) =>
      [await listPartnerTotals(tx, partnerId, days), await listPartnerMovements(tx, partnerId, days)] as const,
  );
  return totals.map((total) => {
    let balanceMinor = total.openingMinor;
    const lines = movements
      .filter(({ currency }) => currency === total.currency)
      .map((line) => {
        balanceMinor += line.minor;
        return { ...line, balanceMinor, day: localDate(line.at.getTime(), days.zone) };
      });
    return { ...total, lines };
  });
}

/** The words behind a line, besides its kind: for readers, and for files. */
const saidAbout = (line: Line): string =>
  line.program === null && line.method ? say(`method.by.${line.method}`) : aboutOf(line);

const aboutOf = ({ program, method, reason }: Line): string =>
  program ?? (method ? `by ${METHOD_NAMES[method]}` : (reason ?? ''));

function partOf({ words, payouts, afterLine }: Account, { currency, openingMinor, closingMinor, lines }: Part): Html {
  const print = (minor: bigint) => formatAmount(money(minor, currency));
  return html`<section class="statement">
    ${table({
      caption: words.caption(currency),
      columns: [
        say('statement.day'),
        say('statement.what'),
        { label: say('payouts.amount'), number: true },
        { label: say('statement.balance'), number: true },
      ],
      rows: [
        { head: say('statement.before'), cells: [say('statement.opening'), '', print(openingMinor)], tone: 'sum' },
        ...lines.map((line) => ({
          head: formatDay(line.day),
          cells: [
            html`${line.payoutId ? html`<a href="${payouts}${line.payoutId}">${say(`movement.${line.kind}`)}</a>` : say(`movement.${line.kind}`)}
              <small>${saidAbout(line)}</small>
              ${afterLine?.({
                line: `${say(`movement.${line.kind}`)} ${saidAbout(line)}`.trim().slice(0, LINE_CHARS_MAX),
                day: line.day,
                currency,
                amount: formatDecimal(money(line.minor, currency)),
              })}`,
            print(line.minor),
            print(line.balanceMinor),
          ],
        })),
        { head: say('statement.after'), cells: [say('statement.closing'), '', print(closingMinor)], tone: 'sum' },
      ],
      empty: '',
      aside: html`<small>${words.owed(sayAmount(money(closingMinor, currency)))}</small>`,
    })}
  </section>`;
}

const COLUMNS = ['day', 'currency', 'kind', 'about', 'payout', 'amount', 'balance'] as const;

const cellsOf = ({ currency, lines }: Part) =>
  lines.map((line) => [
    line.day,
    currency,
    MOVEMENT[line.kind],
    aboutOf(line),
    line.payoutId ?? '',
    formatDecimal(money(line.minor, currency)),
    formatDecimal(money(line.balanceMinor, currency)),
  ]);
