import type { DueEvent } from '../../db/earnings/accrual.ts';
import type { Instants } from '../../db/earnings/worked-out.ts';
import { type Change, type Earning, earningsOf } from '../../domain/earnings/change.ts';
import { isNothing } from '../../domain/earnings/scope.ts';
import type { History } from './history.ts';
import type { Page } from './page.ts';

/** Events that were worked out before are worked out again, by the terms that hold now. A re-rating books what comes out, and a replay repeats it. */

/** An earning is numbered within its event by a small number. */
export const EARNINGS_PER_EVENT = 30_000;

export type RatedAgain = { readonly event: DueEvent; readonly change: Change; readonly changes: readonly Earning[] };

/** Works out those events again that happened on some days. The page has the histories of all of them, as `unrated` gives them. */
export function rateAgain(page: Page, events: readonly DueEvent[], days: Instants): RatedAgain[] {
  return events.flatMap((event) => {
    const change = page.changeOf(event);
    if ('waitsOn' in change || !isWithin(days, change.atMs)) return [];
    const changes = earningsOf(change, page).filter(isChange);
    page.remember(event, change, changes);
    return [{ event, change, changes }];
  });
}

/**
 * Histories in which no event was ever rated. Each is then rated by the terms of its day, as it was when it was first worked out. An event
 * whose new terms need a rate that nobody knows stays as it is.
 */
export const unrated = (histories: ReadonlyMap<string, History>): Map<string, History> =>
  new Map(
    [...histories].map(([key, history]) => [key, { ...history, ratedAtMs: () => undefined, reopen: () => undefined }]),
  );

const isWithin = ({ from, until }: Instants, atMs: number): boolean =>
  atMs >= from.getTime() && (until === null || atMs < until.getTime());

const isChange = ({ minor, uncollectedMinor, unfundedMinor, measures }: Earning): boolean =>
  minor !== 0n || uncollectedMinor !== 0n || unfundedMinor !== 0n || !isNothing(measures);
