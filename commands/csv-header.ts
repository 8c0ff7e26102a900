import { open } from 'node:fs/promises';

import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

/** The delimiters that we try. The one that cuts the header into most cells is the file's. */
const DELIMITERS = [',', ';', '\t'] as const;
/** The header stands within the first bytes of a file, and within its first lines. */
const HEAD_BYTES_MAX = 1024 * 1024;
const LINES_SEARCHED_MAX = 100;
const HEADER_BYTES_MAX = 64 * 1024;

const NEWLINE = 0x0a;
const Records = z.array(z.array(z.string()));

/** Where the header begins: its byte, and the number of lines above it. */
export type HeaderPlace = { start: number; linesAbove: number };
type Found = HeaderPlace & { header: readonly string[]; delimiter: string };

/** Reads the beginning of a file. */
export async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES_MAX), 0, HEAD_BYTES_MAX, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Takes the header below a number of title lines, whatever these contain. */
export function skipLines(head: Buffer, lines: number): Found | { reason: string } {
  let start = 0;
  for (let line = 0; line < lines; line += 1) {
    const end = head.indexOf(NEWLINE, start);
    if (end < 0) return { reason: `has no header: it has only ${line + 1} of the ${lines} lines above it` };
    start = end + 1;
  }
  return headerAt(head, { start, linesAbove: lines }) ?? { reason: 'is empty, or its header cannot be read' };
}

/** Finds the first line that has every column that is needed. */
export function findHeader(head: Buffer, needed: readonly string[]): Found | { reason: string } {
  let start = 0;
  for (let linesAbove = 0; linesAbove < LINES_SEARCHED_MAX; linesAbove += 1) {
    const found = headerAt(head, { start, linesAbove });
    if (found && needed.every((column) => found.header.includes(column))) return found;
    const end = head.indexOf(NEWLINE, start);
    if (end < 0) break;
    start = end + 1;
  }
  const columns = needed.map((column) => `"${column}"`).join(', ');
  return { reason: `has no header: none of its first ${LINES_SEARCHED_MAX} lines has all the columns ${columns}` };
}

/** Reads the header that begins at a place, with the delimiter that cuts it into most cells. */
function headerAt(head: Buffer, place: HeaderPlace): Found | undefined {
  const text = head.subarray(place.start, place.start + HEADER_BYTES_MAX).toString('utf8');
  const [found] = DELIMITERS.map((delimiter) => ({
    ...place,
    delimiter,
    header: readHeader(text, delimiter),
  })).toSorted((one, other) => other.header.length - one.header.length);
  return found && found.header.length > 0 ? found : undefined;
}

function readHeader(text: string, delimiter: string): readonly string[] {
  try {
    const settings = { bom: true, relax_column_count: true, skip_empty_lines: true, trim: true };
    return Records.parse(parse(text, { ...settings, delimiter, to: 1 }))[0] ?? [];
  } catch (error) {
    if (error instanceof CsvError) return [];
    throw error;
  }
}
