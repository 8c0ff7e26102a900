import type { DueEvent } from '../../db/earnings/accrual.ts';
import type { Waiting } from '../../db/earnings/events.ts';
import type { Instants } from '../../db/earnings/worked-out.ts';
import { type Change, type Earning, earningsOf } from '../../domain/earnings/change.ts';
import { isNothing } from '../../domain/earnings/scope.ts';
import type { History } from './history.ts';
import type { Page } from './page.ts';

/** Events that were worked out before are worked out again, by the terms that hold now. A re-rating books what comes out, and a replay repeats it. */

/** An earning is numbered within its event by a small number. */
export const EARNINGS_PER_EVENT = 30_000;

export type RatedAgain = { readonly event: DueEvent; readonly change: Change; readonly changes: readonly Earning[] };

/** An event that waits for something by the terms that hold now. Nobody knows what it would earn. */
export type WaitsAgain = Waiting & { readonly event: DueEvent };

/**
 * Works out those events again that happened on some days, and says which of them wait. The page has the histories of all of them, as
 * `unrated` gives them.
 */
export function rateAgain(
  page: Page,
  events: readonly DueEvent[],
  days: Instants,
): { rated: readonly RatedAgain[]; waiting: readonly WaitsAgain[] } {
  const rated: RatedAgain[] = [];
  const waiting: WaitsAgain[] = [];
  for (const event of events) {
    const change = page.changeOf(event);
    if (!isWithin(days, change.atMs)) continue;
    if ('waitsOn' in change) {
      waiting.push({ ...change, event });
      continue;
    }
    const changes = earningsOf(change, page).filter(isChange);
    page.remember(event, change, changes);
    rated.push({ event, change, changes });
  }
  return { rated, waiting };
}

/** Histories in which no event was ever rated. Each is then rated by the terms of its day, as it was when it was first worked out. */
export const unrated = (histories: ReadonlyMap<string, History>): Map<string, History> =>
  new Map([...histories].map(([key, history]) => [key, { ...history, ratedAtMs: () => undefined }]));

const isWithin = ({ from, until }: Instants, atMs: number): boolean =>
  atMs >= from.getTime() && (until === null || atMs < until.getTime());

const isChange = ({ minor, uncollectedMinor, unfundedMinor, measures }: Earning): boolean =>
  minor !== 0n || uncollectedMinor !== 0n || unfundedMinor !== 0n || !isNothing(measures);
