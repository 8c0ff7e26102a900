import { type Header, readCell, readTest, type Row } from './import-cells.ts';
import type { ImportMapping } from './import-mapping.ts';

type Fill = NonNullable<ImportMapping['fill']>;

/** A row with its empty cells filled, or the reason why they cannot be. */
export type FilledRow = { readonly row: Row } | { readonly rule: string };

/** Fills continuation rows from the first row of their group. It remembers that row, so the rows must come in order. */
export type Filler = {
  fill: (row: Row) => FilledRow;
  /** Forgets the first row, because the row that was to follow it cannot be read: it may have begun another group. */
  forget: () => void;
};

/** Compiles the rule that fills rows. The first row of a group is taken as it is, also where its own cells are empty. */
export function compileFill(header: Header, fill: Fill | undefined): Filler {
  if (!fill) return { fill: (row) => ({ row }), forget: () => undefined };
  const { columns, by, where } = fill;
  const places = columns.map((column) => header.get(column) ?? -1);
  const continues = where ? readTest(header, where) : undefined;
  const keys = by?.map((column) => readCell(header, column)) ?? [];
  let first: Row | undefined;
  // Rows without a number belong to no group: two of them may be of different orders.
  const isSameGroup = (row: Row): boolean =>
    first !== undefined && keys.every((key) => key(row) !== '' && key(row) === key(first ?? []));
  return {
    fill: (row) => {
      const isContinuation = continues ? continues(row) : isSameGroup(row);
      if (!isContinuation) {
        first = row;
        return { row };
      }
      if (!first) return { rule: 'continues a row that is not there or cannot be read' };
      if (!isSameGroup(row)) return { rule: `continues a row with another ${by?.join(', ')}` };
      return { row: filled(row, first, places) };
    },
    forget: () => (first = undefined),
  };
}

function filled(row: Row, first: Row, places: readonly number[]): Row {
  const cells = [...row];
  for (const place of places) if (cells[place]?.trim() === '') cells[place] = first[place] ?? '';
  return cells;
}
