import type { Database } from '../../db/database.ts';
import type { RowCounts } from '../../db/earnings/imports.ts';
import type { ImportMapping } from '../../domain/earnings/import-mapping.ts';
import type { Break } from '../csv.ts';
import { countRows, eventsOfPage, type RowResult, settlePage } from './import-page.ts';
import { type ImportFiles, type ImportSource, type JoinLimits, openSource } from './import-source.ts';
import { foreseeIntake } from './intake.ts';
import { keyOf } from './event-key.ts';
import type { Foreseen } from './judge.ts';
import { gatherWarnings, type LineWarning, type Warnings } from './warnings.ts';

const ROWS_PER_PAGE = 1000;
/** A preview remembers each event that it finds, so that it knows repeats. This bounds its memory to about 100 MB, and its time. */
const ROWS_READ_MAX = 100_000;
const EXAMPLES_MAX = 3;
/** So many kinds of rejection are listed. The rows of all others are counted. */
export const KINDS_MAX = 100;

/** Rows that are rejected for the same reason in the same column. */
export type RejectionKind = {
  readonly column: string;
  readonly rule: string;
  readonly count: number;
  readonly examples: readonly { readonly line: number; readonly reason: string }[];
};

export type Preview = {
  readonly fileName: string;
  readonly counts: RowCounts;
  /** Whether the file was read to its end. */
  readonly isWhole: boolean;
  /** Where the file cannot be read any further. */
  readonly broken: Break | undefined;
  /** The first rows that the mapping does not leave out. */
  readonly first: readonly RowResult[];
  /** The kinds of rejection, the most frequent first. */
  readonly rejections: readonly RejectionKind[];
  readonly warnings: Warnings<LineWarning>;
};

export type PreviewOptions = {
  readonly rowsShown: number;
  readonly rowsRead?: number;
  readonly joinLimits?: JoinLimits;
};

/**
 * Reads a file as an import would, and judges its events against what is stored and what came before in the file. It writes nothing.
 * Throws Failure `invalid_input` exactly where the import would.
 */
export const previewFile = async (
  db: Database,
  files: ImportFiles,
  mapping: ImportMapping,
  options: PreviewOptions,
): Promise<Preview> => previewSource(db, await openSource(files, mapping, options.joinLimits), mapping, options);

/** Reads a file that is open. Without a mapping, its rows are events already. */
export async function previewSource(
  db: Database,
  source: ImportSource,
  mapping: ImportMapping | null,
  { rowsShown, rowsRead = ROWS_READ_MAX }: PreviewOptions,
): Promise<Preview> {
  const foreseen: Foreseen = new Map();
  const kinds = gatherKinds();
  const gathered = gatherWarnings();
  const first: RowResult[] = [];
  const counts = countRows([]);
  let broken: Break | undefined;
  let isWhole = true;
  for await (const page of source.pages(ROWS_PER_PAGE, (where) => (broken = where))) {
    const room = rowsRead - counts.rows - counts.skipped;
    isWhole = page.length <= room;
    if (room === 0) break;
    const read = page.slice(0, room);
    const incoming = eventsOfPage(read);
    const intake = await foreseeIntake(db, incoming, { nowMs: Date.now(), foreseen });
    const { rows, warnings } = settlePage(read, mapping, incoming, intake);
    for (const row of rows) kinds.add(row);
    for (const warning of warnings) gathered.add(warning);
    first.push(...rows.filter(({ status }) => status !== 'skipped').slice(0, rowsShown - first.length));
    addCounts(counts, countRows(rows));
    if (!isWhole) break;
  }
  const warnings = await gathered.finish(db, (sale) => foreseen.has(keyOf(sale)));
  const rejections = kinds.list();
  return { fileName: source.fileName, counts, isWhole: isWhole && !broken, broken, first, rejections, warnings };
}

function addCounts(total: RowCounts, more: RowCounts): void {
  for (const status of Object.keys(more) as (keyof RowCounts)[]) total[status] += more[status];
}

type Gathered = { column: string; rule: string; count: number; examples: { line: number; reason: string }[] };

/** Gathers rejections by column and rule. Its memory is bounded: when it has many kinds, new ones are counted together. */
function gatherKinds() {
  const kinds = new Map<string, Gathered>();
  const kindOf = (column: string, rule: string): Gathered => {
    const key = `${column}\n${rule}`;
    const isFull = kinds.size >= KINDS_MAX - 1 && !kinds.has(key);
    const name = isFull ? OTHERS : { column, rule };
    const kind = kinds.get(isFull ? '' : key) ?? { ...name, count: 0, examples: [] };
    kinds.set(isFull ? '' : key, kind);
    return kind;
  };
  return {
    add({ line, problems }: RowResult): void {
      for (const { column, rule, reason } of problems) {
        const kind = kindOf(column, rule);
        kind.count += 1;
        if (kind.examples.length < EXAMPLES_MAX) kind.examples.push({ line, reason });
      }
    },
    list: (): RejectionKind[] => [...kinds.values()].toSorted((one, other) => other.count - one.count),
  };
}

const OTHERS = { column: '(other)', rule: 'breaks another rule' };
