import { formatDecimal, type Money } from '../money.ts';

/** One fact for the bank about a check: it was issued, or it must no longer be paid. */
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

/** Quotes a field where RFC 4180 requires it. */
const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * Writes the file that tells the bank which checks are ours, so that it pays no others. Every line ends in CR LF, and line 1 is the
 * heading. Banks differ. This is the common form, and a new form belongs here.
 */
export function positivePayFile(rows: readonly PositivePayRow[]): string {
  const lines = rows.map(({ type, account, number, amount, date, payee }) =>
    [LETTER[type], account, String(number), formatDecimal(amount), amount.currency, date, payee].map(field).join(','),
  );
  return [COLUMNS.join(','), ...lines].map((line) => `${line}\r\n`).join('');
}
