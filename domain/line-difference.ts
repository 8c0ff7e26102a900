/** A line of two texts: it is in both, in the first alone, or in the second alone. */
export type DifferingLine = { readonly is: 'same' | 'gone' | 'new'; readonly text: string };

/** The lines of two texts in one list, with the longest part that they share (the longest common subsequence). */
export function differenceOf(before: readonly string[], after: readonly string[]): DifferingLine[] {
  const width = after.length + 1;
  // The length of what the texts share from a line of each on.
  const shared = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1)
      shared[i * width + j] =
        before[i] === after[j]
          ? at(shared, (i + 1) * width + j + 1) + 1
          : Math.max(at(shared, (i + 1) * width + j), at(shared, i * width + j + 1));
  const lines: DifferingLine[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length;) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && old === fresh) {
      lines.push({ is: 'same', text: old });
      i += 1;
      j += 1;
    } else if (
      old !== undefined &&
      (fresh === undefined || at(shared, (i + 1) * width + j) >= at(shared, i * width + j + 1))
    ) {
      lines.push({ is: 'gone', text: old });
      i += 1;
    } else {
      lines.push({ is: 'new', text: fresh ?? '' });
      j += 1;
    }
  }
  return lines;
}

const at = (numbers: Uint16Array, place: number): number => numbers[place] ?? 0;

/** The lines that differ, each with its neighbours. Null stands for the lines that were left out between two parts. */
export function withNeighbours(lines: readonly DifferingLine[], count: number): (DifferingLine | null)[] {
  const isNear = lines.map((_, place) =>
    lines.slice(Math.max(0, place - count), place + count + 1).some(({ is }) => is !== 'same'),
  );
  return lines.flatMap((line, place) => (isNear[place] ? [line] : isNear[place - 1] ? [null] : []));
}
