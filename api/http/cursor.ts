import { parseJson } from './body.ts';

/** A cursor is the last item's key, as JSON in base64url. It is opaque to the caller and checked when it comes back. */
const writeCursor = (key: unknown): string => Buffer.from(JSON.stringify(key, bigintAsText)).toString('base64url');

const bigintAsText = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** Reads a cursor without checking its fields; undefined if it cannot be read, or holds text that PostgreSQL cannot store. */
export function parseCursor(text: string): unknown {
  try {
    return parseJson(Buffer.from(text, 'base64url').toString(), 'cursor');
  } catch {
    return undefined;
  }
}

/** Reads one item more than a page has, to know whether there is another page. */
export async function readPage<Row, Item>(
  limit: number,
  read: (limit: number) => Promise<readonly Row[]>,
  { key, item }: { key: (row: Row) => unknown; item: (row: Row) => Item },
): Promise<{ items: Item[]; nextCursor: string | null }> {
  const rows = await read(limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(item),
    nextCursor: rows.length > limit && last !== undefined ? writeCursor(key(last)) : null,
  };
}
