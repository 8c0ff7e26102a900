import { z } from 'zod';

import { askAudit, controlsOf } from '../../../../commands/books/audits.ts';
import {
  type Audit,
  type AuditDifference,
  getAudit,
  listAuditDifferences,
  listAudits,
  listAuditTotals,
} from '../../../../db/books/audits.ts';
import { getProgram, listPrograms, type Program } from '../../../../db/programs/programs.ts';
import { wakeAudit } from '../../../../temporal/starts.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { RowNumber } from '../../../http/schemas.ts';
import { wakeQuietly } from '../../../http/wake.ts';
import { Month, verdictOf } from '../../../routes/books/audits.ts';
import { nextPage, table, tag } from '../../components.ts';
import { field, type Filled, objectionsOf, orObjections } from '../../form.ts';
import { formatAmount, formatInstant, formatMonth } from '../../format.ts';
import { type definePages, idOf, type PageContext, readAgain, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { reportHead } from './report-frame.ts';

const AUDITS_A_PAGE = 50;
const DIFFERENCES_A_PAGE = 100;
const PROGRAMS_MAX = 500;
const ABOUT =
  'Bursar works every event of a month out again, and compares it with the books. An audit of each program starts by itself on the second day of a month.';
const Place = z.strictObject({ partnerId: RowNumber, unit: z.string().max(50) });

const STATE = {
  running: { label: 'being worked out', tone: 'watch' },
  done: { label: 'done', tone: 'good' },
  failed: { label: 'failed', tone: 'alert' },
} as const;
const monthOf = ({ month }: Audit): string => formatMonth(month.slice(0, 'YYYY-MM'.length));

const SUMS = [
  { label: 'Worked out again', number: true },
  { label: 'Booked', number: true },
  { label: 'Posted', number: true },
  { label: 'Ledger', number: true },
];
type Sums = Pick<AuditDifference, 'unit' | 'earnedMinor' | 'bookedMinor' | 'postedMinor' | 'ledgerMinor'>;
const sumsOf = ({ unit, earnedMinor, bookedMinor, postedMinor, ledgerMinor }: Sums): string[] =>
  [earnedMinor, bookedMinor, postedMinor, ledgerMinor].map((minor) => formatAmount({ minor, currency: unit }));

/** Months of programs that were worked out again, and what was found. */
export function auditedMonthPages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const askForm = (programs: readonly Program[], filled: Filled): Html =>
    html`${objectionsOf(['program', 'month'], filled.objections)}
      <form method="post" action="/audits" class="filters">
        ${field(
          {
            name: 'program',
            label: 'Program',
            required: true,
            choices: programs.map(({ code }) => ({ value: code, label: code })),
          },
          filled,
        )}
        ${field({ name: 'month', label: 'Month', help: 'Such as 2026-03', required: true, lengthMax: 7 }, filled)}
        <p class="buttons"><button class="primary">Audit it</button></p>
      </form>`;

  async function sendList(
    c: PageContext,
    visitor: Parameters<typeof consolePage>[1],
    filled: Filled,
    status = 200,
  ): Promise<Response> {
    const programs = await listPrograms(db, null, PROGRAMS_MAX);
    const chosen = programs.find(({ code }) => code === c.req.query('program')) ?? programs[0];
    const before = z.uuid().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = async (count: number) => (chosen ? listAudits(db, chosen.id, before, count) : []);
    const { items, nextCursor } = await readPage(AUDITS_A_PAGE, read, { key: ({ id }) => id, item: (one) => one });
    const main = html`${reportHead('/audits', ABOUT, null)}
    ${mayUse(visitor.roles, 'POST /audits') && askForm(programs, filled)}
    ${
      programs.length > 1 &&
      html`<nav class="periods" aria-label="Programs">
        ${programs.map(({ code }) => html`<a href="/audits?program=${code}" ${code === chosen?.code && html`aria-current="page"`}>${code}</a>`)}
      </nav>`
    }
    ${table({
      caption: chosen ? `Audits of ${chosen.code}` : 'Audits',
      columns: ['Month', 'State', 'Asked by', 'Asked', 'Ended'],
      rows: items.map((audit) => ({
        head: html`<a href="/audits/${audit.id}">${monthOf(audit)}</a>`,
        cells: [
          tag(STATE[audit.state]),
          audit.askedBy ?? 'itself',
          formatInstant(audit.askedAt, 'UTC'),
          audit.endedAt ? formatInstant(audit.endedAt, 'UTC') : '',
        ],
      })),
      empty: 'No month of this program was audited yet.',
    })}
    ${nextPage('/audits', nextCursor, chosen ? { program: chosen.code } : {})}`;
    return sendPage(c, consolePage({ title: 'Audited months', here: '/reports', main }, visitor), status);
  }

  pages.on('GET /audits', (c, visitor) => sendList(c, visitor, { values: {} }));

  pages.on('POST /audits', async (c, visitor) => {
    const values = await readForm(c, 'program', 'month');
    const month = Month.safeParse(values.month);
    const wrong = { values, objections: [{ field: 'month', reason: 'is not a month such as 2026-03' }] };
    if (!month.success) return readAgain(c, () => sendList(c, visitor, wrong, 400));
    const done = await orObjections(async () => {
      const program = await getProgram(db, values.program);
      return askAudit(db, program, { month: `${month.data}-01`, controls: [] }, visitor.actorId);
    });
    if (!done.success) return readAgain(c, () => sendList(c, visitor, { values, objections: done.objections }, 400));
    const { id } = done.body;
    await wakeQuietly({ temporal, log }, { audit: id }, () => wakeAudit(temporal, id));
    return c.redirect(`/audits/${id}`, 303);
  });

  pages.on('GET /audits/{id}', async (c, visitor) => {
    const audit = await getAudit(db, idOf(c, 'audit'));
    const after = Place.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const [totals, controls, { items, nextCursor }] = await Promise.all([
      listAuditTotals(db, audit.id),
      controlsOf(db, audit),
      readPage(DIFFERENCES_A_PAGE, (count) => listAuditDifferences(db, audit.id, after, count), {
        key: ({ partnerId, unit }) => ({ partnerId, unit }),
        item: (one) => one,
      }),
    ]);
    const found =
      totals.reduce((sum, { differences }) => sum + differences, 0) + controls.filter(({ differs }) => differs).length;
    const main = html`<header class="title">
        <p><a href="/audits?program=${audit.program}">Audited months</a></p>
        <h1>${audit.program}, ${monthOf(audit)} ${tag(STATE[audit.state])}</h1>
        <p>${verdictOf(audit, totals, found)}</p>
        ${audit.notWorkedOut > 0 && html`<p>${audit.notWorkedOut} events of the month still wait to be worked out.</p>`}
      </header>
      ${table({
        caption: 'Totals',
        columns: ['Unit', { label: 'Partners', number: true }, ...SUMS, { label: 'Differences', number: true }],
        rows: totals.map((total) => ({
          head: total.unit,
          cells: [total.partners, ...sumsOf(total), total.differences],
        })),
        empty: 'Nothing was earned in this month, or nothing is worked out yet.',
      })}
      ${
        controls.length > 0 &&
        table({
          caption: 'Control totals',
          columns: ['Source', 'Kind', { label: 'Stated', number: true }, { label: 'On file', number: true }, 'State'],
          rows: controls.map(({ control, count, differs }) => ({
            head: control.source,
            cells: [
              control.kind ?? 'all',
              control.count,
              count,
              differs ? tag({ label: 'differs', tone: 'alert' }) : tag({ label: 'agrees', tone: 'good' }),
            ],
          })),
          empty: '',
        })
      }
      ${table({
        caption: 'Differences',
        columns: ['Partner', 'Unit', ...SUMS, 'Events'],
        rows: items.map((difference) => ({
          head: difference.partner,
          cells: [difference.unit, ...sumsOf(difference), difference.events.join(', ')],
        })),
        empty: 'No partner has a difference.',
      })}
      ${nextPage(`/audits/${audit.id}`, nextCursor)}`;
    return sendPage(c, consolePage({ title: `Audit, ${audit.program}`, here: '/reports', main }, visitor));
  });
}
