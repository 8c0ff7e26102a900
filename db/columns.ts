import { type FragmentSqlToken, sql } from 'slonik';

type Value = string | number | bigint | boolean | null;

const SPECIAL = /["\\]/;

const literalOf = (value: Value): string => {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') return String(value);
  return SPECIAL.test(value) ? `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"` : `"${value}"`;
};

/**
 * Rows for `from`, sent as one array for each column. It does the work of slonik's `sql.unnest` at a fraction of the cost, because one
 * text stands for a whole column.
 */
export function unnestColumns(types: readonly string[], rows: readonly (readonly Value[])[]): FragmentSqlToken {
  const columns = types.map((type, index) => {
    const literal = `{${rows.map((row) => literalOf(row[index] ?? null)).join(',')}}`;
    return sql.fragment`${literal}::${sql.identifier([`_${type}`])}`;
  });
  return sql.fragment`unnest(${sql.join(columns, sql.fragment`, `)})`;
}
