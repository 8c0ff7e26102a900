import { postJournals } from '../../db/books/ledger.ts';
import type { Database } from '../../db/database.ts';
import { insertEarnings, type NewEarning } from '../../db/earnings/earnings.ts';
import { keepPartners } from '../../db/earnings/partners-then.ts';
import { saveScopes } from '../../db/earnings/scopes.ts';
import { bookEarnedPoints } from '../../commands/earnings/points.ts';
import { spendBudgets } from '../../commands/programs/budgets.ts';
import { accrualPostings } from '../../domain/books/postings.ts';
import type { Page } from './page.ts';

/** Writes what a page earned as one batch of so many events: scopes, budgets, earnings, lines, lots of points and journals. */
export async function bookEarnings(
  tx: Database,
  programId: number,
  page: Page,
  { events, earnings }: { events: number; earnings: readonly NewEarning[] },
): Promise<void> {
  if (page.keptPartners.length > 0) await keepPartners(tx, page.keptPartners);
  await saveScopes(tx, programId, page.changedScopes());
  const spent = page.budgets.changed();
  if (spent.length > 0) await spendBudgets(tx, programId, spent);
  const { lines, ...batch } = await insertEarnings(tx, programId, events, earnings);
  await bookEarnedPoints(tx, batch, earnings, (versionId) => page.termsOf(versionId).holdDays);
  await postJournals(tx, accrualPostings({ ...batch, programId }, lines));
}
