import type { Database } from '../../db/database.ts';
import type { Correction } from '../../db/earnings/corrections.ts';
import {
  isCorrectionColumn,
  NEEDED_CORRECTION_COLUMNS,
  readCorrectionLine,
} from '../../domain/earnings/correction-line.ts';
import { refused } from '../../domain/errors.ts';
import { type LineRefusal, readTable, refusalOf } from '../table.ts';
import { ITEMS_MAX, type PlacedItem, placeItems, recordProposal, type WishedItem } from './correction-proposals.ts';

export type CorrectionFile = { readonly path: string; readonly fileName: string };

/** A file as it would be proposed: the items of its good lines, and the reasons against the others. */
export type CorrectionPreview = {
  readonly lines: number;
  readonly items: readonly PlacedItem[];
  /** The items as the good lines say them. */
  readonly wished: readonly WishedItem[];
  readonly refusals: readonly LineRefusal[];
};

/** Reads a file of adjustments and writes nothing. Throws Failure `invalid_input` where the file as a whole cannot be read. */
export async function previewCorrections(db: Database, { path }: CorrectionFile): Promise<CorrectionPreview> {
  const table = await readTable(path, { needed: NEEDED_CORRECTION_COLUMNS, isKnown: isCorrectionColumn });
  const lines = table.lines.length + table.refusals.length;
  if (lines === 0) throw refused('file', 'has no line below its header');
  if (lines > ITEMS_MAX) throw refused('file', `has more than ${ITEMS_MAX} lines: split it, and send the parts`);
  const refusals: LineRefusal[] = [...table.refusals];
  const wished: (WishedItem & { line: number })[] = [];
  for (const { line, cells } of table.lines) {
    const read = readCorrectionLine(cells);
    if ('value' in read) wished.push({ ...read.value, line });
    else refusals.push(...read.problems.map(({ field, reason }) => ({ line, column: field, reason })));
  }
  const placed = await placeItems(db, wished);
  for (const { index, field, reason } of placed.refusals)
    refusals.push({ line: wished[index]?.line ?? 0, column: field, reason });
  return { lines, items: placed.items, wished, refusals: refusals.toSorted((one, other) => one.line - other.line) };
}

/** A file name becomes the reference if nobody gives another one. */
const REFERENCE_CHARS_MAX = 200;

/**
 * Proposes all adjustments of a file as one correction, which another person confirms or refuses as a whole. Throws Failure
 * `invalid_input` with each line that cannot be accepted. Nothing is recorded then.
 */
export const importCorrections = (
  db: Database,
  file: CorrectionFile,
  { reason, reference, by }: { reason: string; reference: string | null; by: string },
): Promise<Correction> =>
  db.transaction(async (tx) => {
    const { items, refusals } = await previewCorrections(tx, file);
    if (refusals.length > 0) throw refusalOf(refusals);
    const named = reference ?? file.fileName.slice(0, REFERENCE_CHARS_MAX);
    return recordProposal(
      tx,
      { kind: 'batch', reason, reference: named === '' ? null : named, merge: null, proposedBy: by },
      items,
    );
  });
