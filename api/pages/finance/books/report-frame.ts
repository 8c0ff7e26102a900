import type { ReportFilter } from '../../../../db/books/reports.ts';
import type { Database } from '../../../../db/database.ts';
import { listPayers } from '../../../../db/payers/payers.ts';
import { listPrograms } from '../../../../db/programs/programs.ts';
import { DAY_MS } from '../../../../domain/durations.ts';
import type { FailureDetail } from '../../../../domain/errors.ts';
import { LocalDate } from '../../../http/schemas.ts';
import { tabs } from '../../components.ts';
import { type FieldWish, filters, objectionsOf } from '../../form.ts';
import type { PageContext } from '../../guard.ts';
import { html, type Html } from '../../html.ts';

const CHOICES_MAX = 500;
const DAYS_MAX = 3 * 366;

const TABS = [
  ['Paid and accrued', '/reports'],
  ['On time and failures', '/reports/payouts'],
  ['Cost of incentives', '/reports/costs'],
  ['Balances', '/reports/balances'],
  ['Audited months', '/audits'],
] as const;
type ReportPath = (typeof TABS)[number][1];

export type Wish = {
  /** Null if the days in the address cannot be reported. */
  filter: ReportFilter | null;
  values: Record<string, string>;
  objections: FailureDetail[];
  choices: { payers: readonly string[]; programs: readonly string[] };
};

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
/** The day after one, which a report no longer holds. */
const after = (day: string): string => dayOf(Date.parse(`${day}T00:00:00Z`) + DAY_MS);

/** The days, the payer and the program in an address. Without days, those of the last `monthsDefault` months. */
export async function readWish(db: Database, c: PageContext, monthsDefault: number): Promise<Wish> {
  const [payers, programs] = await Promise.all([
    listPayers(db, null, CHOICES_MAX),
    listPrograms(db, null, CHOICES_MAX),
  ]);
  const now = new Date();
  const first = dayOf(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsDefault + 1, 1));
  const values = {
    from: c.req.query('from') || first,
    to: c.req.query('to') || dayOf(now.getTime()),
    payer: c.req.query('payer') ?? '',
    program: c.req.query('program') ?? '',
  };
  const choices = { payers: payers.map(({ code }) => code), programs: programs.map(({ code }) => code) };
  const objections = objectionsTo(values);
  if (objections.length > 0) return { filter: null, values, objections, choices };
  const filter = {
    from: values.from,
    until: after(values.to),
    payerId: values.payer === '' ? undefined : (payers.find(({ code }) => code === values.payer)?.id ?? 0),
    programId: values.program === '' ? undefined : (programs.find(({ code }) => code === values.program)?.id ?? 0),
  };
  return { filter, values, objections, choices };
}

function objectionsTo({ from, to }: { from: string; to: string }): FailureDetail[] {
  const wrong = Object.entries({ from, to }).filter(([, day]) => !LocalDate.safeParse(day).success);
  if (wrong.length > 0) return wrong.map(([field]) => ({ field, reason: 'is not a day' }));
  if (from > to) return [{ field: 'to', reason: 'is before the first day' }];
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS;
  return days > DAYS_MAX ? [{ field: 'to', reason: 'is more than three years after the first day' }] : [];
}

const optionsOf = (codes: readonly string[]) => codes.map((value) => ({ value, label: value }));

/** The head of a report with its filters. */
export function reportHead(
  path: ReportPath,
  about: string,
  wish: Wish | null,
  of: readonly string[] = ['payer', 'program'],
): Html {
  const wishes: FieldWish[] = wish
    ? [
        { name: 'from', label: 'From', type: 'date' as const, choices: null },
        { name: 'to', label: 'To', type: 'date' as const, choices: null },
        { name: 'payer', label: 'Payer', noChoice: 'all', choices: optionsOf(wish.choices.payers) },
        { name: 'program', label: 'Program', noChoice: 'all', choices: optionsOf(wish.choices.programs) },
      ].filter(({ name, choices }) => !choices || of.includes(name))
    : [];
  return html`<header class="title">
      <h1>Reports</h1>
      <p>${about}</p>
    </header>
    ${tabs('Reports', TABS, path)}
    ${wish && html`${objectionsOf(['from', 'to'], wish.objections)} ${filters(path, wishes, wish)}`}`;
}

/** The address of the same report as a file. */
export const csvOfReport = (path: string, { values }: Wish): Html =>
  html`<a href="${path}?${new URLSearchParams(values).toString()}">CSV</a>`;

/** Every month between two days, such as `2026-03`. */
export function monthsBetween({ from, until }: ReportFilter): string[] {
  const [year = 0, month = 0] = from.split('-').map(Number);
  const end = Date.parse(`${until}T00:00:00Z`);
  const months: string[] = [];
  for (let at = Date.UTC(year, month - 1, 1); at < end; at = Date.UTC(year, month - 1 + months.length, 1))
    months.push(dayOf(at).slice(0, 'YYYY-MM'.length));
  return months;
}
