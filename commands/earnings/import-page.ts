import type { RowCounts } from '../../db/earnings/imports.ts';
import type { RowProblem } from '../../domain/earnings/import-cells.ts';
import { fieldsOf, type ImportMapping, refundsOf } from '../../domain/earnings/import-mapping.ts';
import { columnsIn } from '../../domain/earnings/mapping-fields.ts';
import type { WireEvent } from '../../domain/event.ts';
import type { MappedLine } from './import-source.ts';
import type { IncomingEvent, Intake } from './intake.ts';
import type { Accepted, IntakeOutcome } from './judge.ts';
import type { LineWarning } from './warnings.ts';

/** The outcome of one row of a file. Only a rejected row has problems. */
export type RowResult = {
  readonly line: number;
  readonly status: Exclude<Accepted, 'superseded'> | 'rejected' | 'skipped';
  readonly events: readonly WireEvent[];
  readonly problems: readonly RowProblem[];
};

export type PageResult = { readonly rows: readonly RowResult[]; readonly warnings: readonly LineWarning[] };

/** The events of a page for an intake, the events of one row together. */
export const eventsOfPage = (page: readonly MappedLine[]): IncomingEvent[] =>
  page.flatMap((row, unit) => ('events' in row ? row.events.map((wire) => ({ wire, unit })) : []));

/** The outcome of each row of a page, from the outcomes of its events. */
export function settlePage(
  page: readonly MappedLine[],
  mapping: ImportMapping | null,
  incoming: readonly IncomingEvent[],
  { outcomes, warnings }: Pick<Intake, 'outcomes' | 'warnings'>,
): PageResult {
  const byRow: IntakeOutcome[][] = page.map(() => []);
  for (const [index, outcome] of outcomes.entries()) byRow[incoming[index]?.unit ?? 0]?.push(outcome);
  return {
    rows: page.map((row, unit) => resultOf(row, byRow[unit] ?? [], mapping)),
    warnings: warnings.flatMap((warning, index) =>
      warning ? [{ ...warning, line: page[incoming[index]?.unit ?? 0]?.line ?? 0 }] : [],
    ),
  };
}

function resultOf(row: MappedLine, outcomes: readonly IntakeOutcome[], mapping: ImportMapping | null): RowResult {
  const { line } = row;
  if ('skipped' in row) return { line, status: 'skipped', events: [], problems: [] };
  if ('problems' in row) return { line, status: 'rejected', events: [], problems: row.problems };
  const { events } = row;
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'refused' ? outcome.refusals : []));
  if (refusals.length > 0) {
    const problems = refusals.map(({ field, reason, rule = reason }) => ({
      column: mapping ? columnOf(mapping, field) : field,
      reason,
      rule,
    }));
    return { line, status: 'rejected', events, problems };
  }
  const statuses = outcomes.map(({ status }) => status);
  const status = (['quarantined', 'parked', 'accepted'] as const).find((one) => statuses.includes(one)) ?? 'replayed';
  return { line, status, events, problems: [] };
}

/** Where a refused event's field came from in the file. A refund in the row of its sale is about the column of its amount. */
function columnOf(mapping: ImportMapping, field: string): string {
  const [name = '', key = ''] = field.split('.');
  const own = columnsIn(name === 'attributes' ? mapping.attributes?.[key] : fieldsOf(mapping)[field]);
  const columns =
    field === 'refundOf' && own.length === 0 ? refundsOf(mapping).flatMap((one) => columnsIn(one.amount)) : own;
  return [...new Set(columns)].join(', ') || `mapping: ${field}`;
}

/** Counts the outcomes of rows. Rows that the mapping leaves out are not among `rows`. */
export function countRows(rows: readonly RowResult[]): RowCounts {
  const counts: RowCounts = { rows: 0, accepted: 0, replayed: 0, quarantined: 0, parked: 0, rejected: 0, skipped: 0 };
  for (const { status } of rows) {
    counts[status] += 1;
    if (status !== 'skipped') counts.rows += 1;
  }
  return counts;
}
