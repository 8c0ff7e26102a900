import { DAY_MS } from '../../domain/durations.ts';
import type { BankEntry, UnreadEntry } from '../check-bank/camt.ts';
import { readableEntries, toLine } from '../check-bank/statement.ts';
import type { StatementLine } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import type { LobCheck, LobCheckPage, LobClient } from './client.ts';

/** A check is stale after 180 days. A person looks at anything later anyway. */
const CHECK_AGE_MAX_MS = 190 * DAY_MS;
const PAGES_MAX = 1_000;

type Reading = { signal: AbortSignal; onUnreadable?: ((row: string) => void) | undefined };

/** Lob cannot search by check number, so we page through its checks, newest first, until every number is found. */
async function checksByNumber(
  client: LobClient,
  wanted: ReadonlySet<string>,
  day: Date,
  { signal, onUnreadable }: Reading,
) {
  const found = new Map<string, LobCheck>();
  if (wanted.size === 0) return found;
  const since = new Date(day.getTime() - CHECK_AGE_MAX_MS);
  let page: LobCheckPage = lookedUp('Lob', await client.checksSince(since, signal));
  for (let count = 1; count <= PAGES_MAX; count += 1) {
    for (const check of page.data.readable)
      if (check.check_number && wanted.has(check.check_number)) found.set(check.check_number, check);
    for (const row of page.data.unreadable) onUnreadable?.(row);
    if (found.size === wanted.size || !page.next_url) break;
    page = lookedUp('Lob', await client.nextPage(page.next_url, signal));
  }
  return found;
}

/**
 * Adds Lob's check ids and our keys to the bank's lines. If the bank paid a check before Lob's response was read, only the key is known.
 * A check that Lob does not know was drawn on the same account by somebody else.
 */
export async function nameChecks(
  client: LobClient,
  all: readonly (BankEntry | UnreadEntry)[],
  day: Date,
  reading: Reading,
): Promise<StatementLine[]> {
  const entries = readableEntries(all, 'USD', reading.onUnreadable); // Lob writes checks in USD only
  const numbers = new Set(entries.flatMap(({ checkNumber }) => (checkNumber === null ? [] : [String(checkNumber)])));
  const checks = await checksByNumber(client, numbers, day, reading);
  return entries.map((entry) => {
    const check = checks.get(String(entry.checkNumber));
    if (!check) return { ...toLine(entry, null), kind: 'other' };
    return { ...toLine(entry, check.id), key: check.metadata?.['attempt'] ?? null };
  });
}
