import { isoExponent, toDecimal, toMinor } from '../decimals.ts';
import type { Checks, Filed } from './checks.ts';

const COLUMNS = ['type', 'account', 'number', 'amount', 'currency', 'date', 'payee'] as const;

type Row = Record<(typeof COLUMNS)[number], string>;
type Rejected = { line: number; reason: string };

/** Splits a line of CSV; quoted cells may hold commas and doubled quotes, but no line breaks. */
const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare = '']) =>
    quoted === undefined ? bare.trim() : quoted.replaceAll('""', '"'),
  );

const readRow = (cells: string[]): Row =>
  Object.fromEntries(COLUMNS.map((column, index) => [column, cells[index] ?? ''])) as Row;

/** Puts one row on file, or says why not. */
function take(row: Row, checks: Checks): Filed {
  const { type, account, number, currency, date, payee } = row;
  const minor = toMinor(row.amount, isoExponent(currency));
  if (!/^\d{1,17}$/.test(account)) return { reason: 'account is not 1 to 17 digits' };
  if (!/^\d{1,10}$/.test(number)) return { reason: 'number is not 1 to 10 digits' };
  if (!/^[A-Z]{3}$/.test(currency)) return { reason: 'currency is not three letters' };
  if (minor === undefined || minor <= 0n) return { reason: 'amount is not a decimal above zero' };
  if (Number.isNaN(Date.parse(date))) return { reason: 'date is not YYYY-MM-DD' };
  const written = { account, number, amount: toDecimal(minor, isoExponent(currency)), currency, date, payee };
  if (type === 'I') return checks.issue(written);
  return type === 'V' ? checks.void(written) : { reason: 'type is neither I nor V' };
}

/** Reads a positive-pay file row by row; a bad row does not keep the others out. Undefined without its heading. */
export function takeFile(csv: string, checks: Checks) {
  const [heading, ...lines] = csv.trim().split(/\r?\n/);
  if (heading?.replace(/^\uFEFF/, '') !== COLUMNS.join(',')) return undefined;
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
