import { open, readFile } from 'node:fs/promises';

import { refused } from '../../domain/errors.ts';
import { type FileProblem, readEcbXml } from '../../domain/programs/ecb-xml.ts';
import type { GivenRate } from '../../domain/programs/rate-record.ts';
import { readFormat, readRows } from '../csv.ts';

/** A rate of a file, with its line. */
export type LineRate = GivenRate & { readonly line: number };

/** The rates of a file. One that a source publishes has days and currencies that nobody needs, which are left out. */
export type RateFile = {
  readonly rates: readonly LineRate[];
  readonly problems: readonly FileProblem[];
  readonly isPublished: boolean;
};

const XML_BYTES_MAX = 32 * 1024 * 1024;
const NEEDED = ['date', 'base', 'quote', 'rate'];
const CODE = /^[A-Z]{3}$/;

/**
 * Reads a file of rates: the XML or CSV of the European Central Bank, or a CSV with the columns date, base, quote and rate. Throws Failure
 * `invalid_input` where the file as a whole cannot be read.
 */
export async function readRateFile(path: string): Promise<RateFile> {
  const start = await readStart(path);
  if (start.startsWith('PK')) throw refused('file', 'is a zip archive: unpack it, and send the CSV file in it');
  if (!start.trimStart().startsWith('<')) return readCsv(path);
  const text = await readFile(path, 'utf8');
  if (text.length > XML_BYTES_MAX) throw refused('file', 'is longer than any file of reference rates');
  const { rates, problem } = readEcbXml(text.replace(/^\uFEFF/, ''));
  return { rates, problems: problem ? [problem] : [], isPublished: true };
}

async function readStart(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.toString('utf8', 0, bytesRead).replace(/^\uFEFF/, '');
  } finally {
    await file.close();
  }
}

async function readCsv(path: string): Promise<RateFile> {
  const format = await readFormat(path, 'file', []);
  const header = format.header.map((name) => name.trim());
  const names = header.map((name) => name.toLowerCase());
  const isPublished = names[0] === 'date' && header.slice(1).every((name) => name === '' || CODE.test(name));
  const missing = NEEDED.filter((name) => !names.includes(name));
  if (!isPublished && missing.length > 0)
    throw refused('file', `has no column ${missing.join(', ')}, and does not come from the European Central Bank`);
  const rates: LineRate[] = [];
  const problems: FileProblem[] = [];
  const onBreak = ({ line, reason }: { line: number; reason: string }) => {
    problems.push({ line, field: 'file', reason });
  };
  for await (const { line, row, reason } of readRows(path, format, onBreak)) {
    const cells = row.map((cell) => cell.trim());
    if (reason !== undefined) problems.push({ line, field: '(row)', reason });
    else if (isPublished) rates.push(...ratesOfDay(line, header, cells));
    else {
      const cell = (name: string) => cells[names.indexOf(name)] ?? '';
      rates.push({ line, day: isoOf(cell('date')), base: cell('base'), quote: cell('quote'), rate: cell('rate') });
    }
  }
  return { rates, problems, isPublished };
}

/** A row of the bank's table: a day, and the rate of each currency. */
const ratesOfDay = (line: number, header: readonly string[], [day = '', ...cells]: readonly string[]): LineRate[] =>
  header
    .slice(1)
    .flatMap((quote, index) => (quote === '' ? [] : [{ line, day: isoOf(day), quote, rate: cells[index] ?? '' }]));

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** The bank writes `6 March 2026` in the file of one day, and `2026-03-06` in the others. */
function isoOf(text: string): string {
  const [, day = '', name = '', year = ''] = /^(\d{1,2}) ([A-Z][a-z]+) (\d{4})$/.exec(text) ?? [];
  const month = MONTHS.indexOf(name) + 1;
  return month === 0 ? text : `${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`;
}
