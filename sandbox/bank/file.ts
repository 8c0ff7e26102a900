import { isoExponent, toDecimal, toMinor } from '../decimals.ts';
import type { Checks, Filed } from './checks.ts';

const COLUMNS = ['type', 'account', 'number', 'amount', 'currency', 'date', 'payee'] as const;

type Row = Record<(typeof COLUMNS)[number], string>;
type Rejected = { line: number; reason: string };

/** Splits a line of CSV. Quoted cells may contain commas and doubled quotes, but no line breaks. */
const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare = '']) =>
    quoted === undefined ? bare.trim() : quoted.replaceAll('""', '"'),
  );

const readRow = (cells: string[]): Row =>
  Object.fromEntries(COLUMNS.map((column, index) => [column, cells[index] ?? ''])) as Row;

/** Puts one row on file, or returns the reason why not. */
function take(row: Row, checks: Checks): Filed {
  const { type, account, number, currency, date, payee } = row;
  const minor = toMinor(row.amount, isoExponent(currency));
  if (!/^\d{1,17}$/.test(account)) return { reason: 'account must have 1 to 17 digits' };
  if (!/^\d{1,10}$/.test(number)) return { reason: 'number must have 1 to 10 digits' };
  if (!/^[A-Z]{3}$/.test(currency)) return { reason: 'currency must have three letters' };
  if (minor === undefined || minor <= 0n) return { reason: 'amount must be a decimal above zero' };
  if (Number.isNaN(Date.parse(date))) return { reason: 'date must be YYYY-MM-DD' };
  const written = { account, number, amount: toDecimal(minor, isoExponent(currency)), currency, date, payee };
  if (type === 'I') return checks.issue(written);
  return type === 'V' ? checks.void(written) : { reason: 'type must be I or V' };
}

/** Reads a positive-pay file row by row. A bad row does not stop the others. Undefined if the header line is missing. */
export function takeFile(csv: string, checks: Checks) {
  const [header, ...lines] = csv.trim().split(/\r?\n/);
  if (header?.replace(/^\uFEFF/, '') !== COLUMNS.join(',')) return undefined;
  const rejected: Rejected[] = [];
  let [accepted, alreadyOnFile] = [0, 0];
  for (const [index, line] of lines.entries()) {
    const filed = take(readRow(cellsOf(line)), checks);
    if (typeof filed === 'object') rejected.push({ line: index + 2, ...filed });
    else accepted += 1;
    if (filed === 'alreadyOnFile') alreadyOnFile += 1;
  }
  return { accepted, alreadyOnFile, rejected };
}
