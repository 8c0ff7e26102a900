/** Which rows of a file something is about, by the text of one column. */

export type Condition = {
  column: string;
  values?: readonly string[] | undefined;
  notValues?: readonly string[] | undefined;
  empty?: boolean | undefined;
  matches?: readonly string[] | undefined;
  notMatches?: readonly string[] | undefined;
};

/** Compiles a condition on one column: the cell without the spaces around it decides. */
export function compileTest({ values, notValues, empty, matches, notMatches }: Condition): (cell: string) => boolean {
  if (values) return isIn(values);
  if (notValues) return not(isIn(notValues));
  if (matches) return fits(matches);
  if (notMatches) return not(fits(notMatches));
  return (cell) => (cell === '') === (empty ?? true);
}

const not =
  (test: (cell: string) => boolean) =>
  (cell: string): boolean =>
    !test(cell);

const isIn = (values: readonly string[]): ((cell: string) => boolean) => {
  const set = new Set(values);
  return (cell) => set.has(cell);
};

const fits = (patterns: readonly string[]): ((cell: string) => boolean) => {
  const parts = patterns.map((pattern) => pattern.split('*'));
  return (cell) => parts.some((part) => fitsParts(cell, part));
};

/**
 * Whether a text is these parts in this order with anything between them. This takes the first place of each part and never goes back,
 * so a pattern that somebody wrote cannot keep the process busy, as a regular expression could.
 */
function fitsParts(cell: string, [first = '', ...others]: readonly string[]): boolean {
  if (others.length === 0) return cell === first;
  const last = others.at(-1) ?? '';
  if (!cell.startsWith(first) || !cell.endsWith(last) || cell.length < first.length + last.length) return false;
  const end = cell.length - last.length;
  let from = first.length;
  for (const part of others.slice(0, -1)) {
    const at = cell.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}
