import { z } from 'zod';

import {
  findJournalCause,
  getAccount,
  type JournalCause,
  type LedgerEntry,
  listAccountEntries,
  listBookedEarnings,
  listJournalEntries,
} from '../../../../db/books/accounts.ts';
import { Failure } from '../../../../domain/errors.ts';
import { formatMinor } from '../../../../domain/money.ts';
import { digitsOf } from '../../../../domain/unit.ts';
import { csvHeaders, csvStreamOf, everyRow } from '../../../http/csv.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { facts, nextPage, table, tag } from '../../components.ts';
import { formatAmount, formatInstant, sayAmount } from '../../format.ts';
import { type definePages, idOf, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { subjectLink } from '../../subjects.ts';
import { accountLink } from './ledger.ts';
import { JOURNAL } from './words.ts';

const ENTRIES_A_PAGE = 100;
const EARNINGS_SHOWN = 50;
const Place = z.strictObject({ journalId: z.uuid(), lineNo: z.int() });

const WORDS: Readonly<Record<string, string>> = JOURNAL;
const kindOf = (kind: string): string => WORDS[kind] ?? kind;
const at = (instant: Date): Html => html`<span class="day">${formatInstant(instant, 'UTC')}</span>`;
const partsOf = ({ minor, currency }: LedgerEntry): [string, string] =>
  minor > 0n ? [formatAmount({ minor, currency }), ''] : ['', formatAmount({ minor: -minor, currency })];

const CAUSE: Record<JournalCause['kind'], string> = {
  payout: 'A payment',
  correction: 'A correction by people',
  conversion: 'Points that became money',
  program: 'Earnings of a program',
};

const COLUMNS = ['journal', 'line', 'kind', 'key', 'account', 'currency', 'amount', 'effectiveAt', 'recordedAt'];

/** The entries of an account, and a whole journal with the thing that caused it. */
export function journalPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /ledger/accounts/{code}', async (c, visitor) => {
    const account = await getAccount(db, c.req.param('code') ?? '');
    const before = Place.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = (count: number) => listAccountEntries(db, account.code, before, count);
    const { items, nextCursor } = await readPage(ENTRIES_A_PAGE, read, {
      key: ({ journalId, lineNo }) => ({ journalId, lineNo }),
      item: (entry) => entry,
    });
    const path = `/ledger/accounts/${encodeURIComponent(account.code)}`;
    const main = html`<header class="title">
        <p><a href="/ledger">Ledger</a></p>
        <h1>${account.code}</h1>
        <p>
          ${account.partner && html`Account of ${account.partner}.`} Balance
          <strong>${sayAmount({ minor: account.minor, currency: account.currency })}</strong>
        </p>
      </header>
      ${table({
        caption: 'Entries',
        columns: [
          'Journal',
          'Effective',
          'Recorded',
          { label: 'Debit', number: true },
          { label: 'Credit', number: true },
        ],
        rows: items.map((entry) => ({
          head: html`<a href="/ledger/journals/${entry.journalId}">${kindOf(entry.kind)}</a>`,
          cells: [at(entry.effectiveAt), at(entry.recordedAt), ...partsOf(entry)],
        })),
        empty: 'The account has no entry yet.',
        aside: html`<a href="${path}/entries.csv">CSV</a>`,
      })}
      ${nextPage(path, nextCursor)}`;
    return sendPage(c, consolePage({ title: account.code, here: '/ledger', main }, visitor));
  });

  pages.on('GET /ledger/accounts/{code}/entries.csv', async (c) => {
    const { code } = await getAccount(db, c.req.param('code') ?? '');
    const rows = everyRow(
      (after: LedgerEntry | null, count) => listAccountEntries(db, code, after, count),
      (entry) => [
        entry.journalId,
        entry.lineNo,
        entry.kind,
        entry.key,
        entry.account,
        entry.currency,
        formatMinor(entry.minor, digitsOf(entry.currency)),
        entry.effectiveAt.toISOString(),
        entry.recordedAt.toISOString(),
      ],
    );
    const name = `${code.replaceAll(/[^\w-]+/g, '-')}.csv`;
    return c.body(csvStreamOf(COLUMNS, rows), 200, { ...csvHeaders(name), 'cache-control': 'no-store' });
  });

  pages.on('GET /ledger/journals/{id}', async (c, visitor) => {
    const id = idOf(c, 'journal');
    const entries = await listJournalEntries(db, id);
    const [first] = entries;
    if (!first) throw new Failure('not_found', `There is no journal ${id}.`);
    const cause = await findJournalCause(db, first.key);
    const batch = /^\d{1,18}/.exec(first.key)?.[0];
    const earnings =
      cause?.kind === 'program' && batch ? await listBookedEarnings(db, id, BigInt(batch), EARNINGS_SHOWN) : [];
    const sum = entries.reduce((total, { minor }) => total + minor, 0n);
    const main = html`<header class="title">
        <p><a href="/ledger">Ledger</a></p>
        <h1>${kindOf(first.kind)}</h1>
        <p>Journal <code>${id}</code></p>
      </header>
      <div class="columns">
        <section>
          ${table({
            caption: 'Entries',
            columns: ['Account', 'Partner', { label: 'Debit', number: true }, { label: 'Credit', number: true }],
            rows: entries.map((entry) => ({
              head: accountLink(entry.account),
              cells: [entry.partner ?? '', ...partsOf(entry)],
            })),
            empty: '',
            aside: html`<small
              >adds up to ${sayAmount({ minor: sum, currency: first.currency })}
              ${sum === 0n && tag({ label: 'balanced', tone: 'good' })}</small
            >`,
          })}
          ${
            earnings.length > 0 &&
            table({
              caption: 'Events behind it',
              columns: ['Event', 'Partner', 'Incentive', { label: 'Earned', number: true }],
              rows: earnings.map(({ source, eventId, partner, incentive, currency, minor }) => ({
                head: html`<code>${source}/${eventId}</code>`,
                cells: [partner, incentive, formatAmount({ minor, currency })],
              })),
              empty: '',
              aside: html`<small>the first ${earnings.length}</small>`,
            })
          }
        </section>
        <aside>
          <section class="card">
            <h2>Its cause</h2>
            ${facts([
              ['Cause', cause ? CAUSE[cause.kind] : 'not known'],
              ...(cause ? [['About', subjectLink(`${cause.kind}/${cause.name}`)] as const] : []),
              ['Effective', formatInstant(first.effectiveAt, 'UTC')],
              ['Recorded', formatInstant(first.recordedAt, 'UTC')],
              ['Currency', first.currency],
            ])}
          </section>
        </aside>
      </div>`;
    return sendPage(c, consolePage({ title: kindOf(first.kind), here: '/ledger', main }, visitor));
  });
}
