import type { BankEntry } from '../check-bank/camt.ts';
import { toLine } from '../check-bank/following.ts';
import type { StatementLine } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import type { LobCheckPage, LobClient } from './client.ts';

/** A check is stale at 180 days; a later one is looked at by a person anyway. */
const CHECK_AGE_MAX_MS = 190 * 24 * 60 * 60_000;
const PAGES_MAX = 1_000;

/** Lob cannot be asked by check number, so its checks are paged, newest first, until all numbers have a name. */
async function idsByNumber(client: LobClient, wanted: ReadonlySet<string>, day: Date, signal: AbortSignal) {
  const found = new Map<string, string>();
  if (wanted.size === 0) return found;
  const since = new Date(day.getTime() - CHECK_AGE_MAX_MS);
  let page: LobCheckPage = lookedUp('Lob', await client.checksSince(since, signal));
  for (let count = 1; count <= PAGES_MAX; count += 1) {
    for (const { id, check_number } of page.data)
      if (check_number && wanted.has(check_number)) found.set(check_number, id);
    if (found.size === wanted.size || !page.next_url) break;
    page = lookedUp('Lob', await client.nextPage(page.next_url, signal));
  }
  return found;
}

/** The bank's lines with Lob's check ids. A check that Lob does not know was drawn on the same account by somebody else. */
export async function nameChecks(
  client: LobClient,
  entries: readonly BankEntry[],
  day: Date,
  signal: AbortSignal,
): Promise<StatementLine[]> {
  const numbers = new Set(entries.flatMap(({ checkNumber }) => (checkNumber === null ? [] : [String(checkNumber)])));
  const ids = await idsByNumber(client, numbers, day, signal);
  return entries.map((entry) => {
    const id = ids.get(String(entry.checkNumber));
    return id ? toLine(entry, id) : { ...toLine(entry, null), kind: 'other' };
  });
}
