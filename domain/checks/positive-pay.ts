import { formatDecimal, type Money } from '../money.ts';

/** What a bank is told of a check: that it was issued, or that it must not be paid any more. */
export type PositivePayRow = {
  type: 'issue' | 'void';
  account: string;
  number: bigint;
  amount: Money;
  /** Local date on the check, `2026-11-23`. */
  date: string;
  payee: string;
};

const COLUMNS = ['type', 'account', 'number', 'amount', 'currency', 'date', 'payee'] as const;
const LETTER: Record<PositivePayRow['type'], string> = { issue: 'I', void: 'V' };

/** Quotes a field where RFC 4180 asks for it. */
const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * Writes the file by which the bank knows our checks and pays no others. Every line ends in CR LF, the heading is line 1. Banks
 * differ: this is the common form, and the place to write another one.
 */
export function positivePayFile(rows: readonly PositivePayRow[]): string {
  const lines = rows.map(({ type, account, number, amount, date, payee }) =>
    [LETTER[type], account, String(number), formatDecimal(amount), amount.currency, date, payee].map(field).join(','),
  );
  return [COLUMNS.join(','), ...lines].map((line) => `${line}\r\n`).join('');
}
