/** Formats rows of cells as text with aligned columns. Columns that contain only numbers are aligned to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const columns = header.map((_, column) => ({
    width: Math.max(...all.map((row) => (row[column] ?? '').length)),
    isNumeric: rows.every((row) => NUMBER.test(row[column] ?? '')),
  }));
  const line = (row: readonly string[]) =>
    columns
      .map(({ width, isNumeric }, column) => {
        const cell = row[column] ?? '';
        return isNumeric ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const rule = columns.map(({ width }) => '─'.repeat(width)).join('  ');
  return [line(header), rule, ...rows.map(line)].map((text) => `  ${text}`).join('\n');
}

const NUMBER = /^-?\d+(\.\d+)?$/;
