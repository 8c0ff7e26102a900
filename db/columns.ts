import { type FragmentSqlToken, sql } from 'slonik';

type Value = string | number | bigint | boolean | null;

/** Almost every bigint is a safe number too, and numbers are printed several times as fast. */
function plain(value: Value): Exclude<Value, bigint> {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

const ODD_ESCAPE = /\\[^"\\]/;
const ESCAPE = /\\(?:u[\da-f]{4}|.)/g;

/**
 * An array of PostgreSQL as text. JSON writes it alike, and faster than anything else here can. Only a control character is an escape in
 * JSON, such as `\n`, and itself in the array.
 */
function literalOf(values: readonly Value[]): string {
  const json = JSON.stringify(values.map(plain));
  const text = ODD_ESCAPE.test(json)
    ? json.replaceAll(ESCAPE, (escape) => (/["\\]$/.test(escape) ? escape : String(JSON.parse(`"${escape}"`))))
    : json;
  return `{${text.slice(1, -1)}}`;
}

/**
 * Rows for `from`, sent as one array for each column. It does the work of slonik's `sql.unnest` at a fraction of the cost, because one
 * text stands for a whole column.
 */
export function unnestColumns(types: readonly string[], rows: readonly (readonly Value[])[]): FragmentSqlToken {
  const columns = types.map((type, index) => {
    const literal = literalOf(rows.map((row) => row[index] ?? null));
    return sql.fragment`${literal}::${sql.identifier([`_${type}`])}`;
  });
  return sql.fragment`unnest(${sql.join(columns, sql.fragment`, `)})`;
}
