import type { StatementLine } from '../gateway.ts';
import { type BankEntry, isUnread, type UnreadEntry } from './camt.ts';

/** A line of the bank's statement. `reference` identifies the check among ours. */
export function toLine(entry: BankEntry, reference: string | null): StatementLine {
  const { id, amount, bookedAt, checkNumber } = entry;
  const ofCheck = amount.minor < 0n ? 'payout' : 'return';
  const ofOther = amount.minor < 0n ? 'other' : 'funding';
  return { id, kind: checkNumber === null ? ofOther : ofCheck, amount, occurredAt: bookedAt, reference, key: null };
}

/** The entries in a currency. An entry that cannot be read may be in any currency, and is told with its problem. */
export function readableEntries(
  entries: readonly (BankEntry | UnreadEntry)[],
  currency: string,
  onUnreadable: ((row: string) => void) | undefined,
): BankEntry[] {
  for (const { id, problem } of entries.filter(isUnread)) onUnreadable?.(`${id} (${problem})`);
  return entries.filter((entry): entry is BankEntry => !isUnread(entry) && entry.amount.currency === currency);
}
