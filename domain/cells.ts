import type { z } from 'zod';

/** The cells of a line of a CSV file, by column. An empty cell is left out. */
export type Cells = Readonly<Record<string, string>>;

/** The value of a line, or what is wrong with each of its columns. */
export type Read<Value> = { value: Value } | { problems: { field: string; reason: string }[] };

/** Checks cells. A column that is not there is missing, whatever its schema says about it. */
export function readCells<Schema extends z.ZodType>(schema: Schema, cells: Cells): Read<z.output<Schema>> {
  const read = schema.safeParse(cells);
  if (read.success) return { value: read.data };
  const problems = read.error.issues.map(({ path, message }) => {
    const column = String(path[0] ?? '');
    return { field: column, reason: column in cells ? message : 'is missing' };
  });
  return { problems };
}
