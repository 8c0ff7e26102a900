import { closesOn, type IncentiveTerms, mindsLate } from '../programs/incentives/index.ts';
import { windowAfter } from '../programs/incentives/window.ts';

/** The window in which an event counts that came after its own window was closed. */

/** The window that an event counts in. */
export type Place = {
  /** The first local date of the window. Null where the event is kept out. */
  readonly start: string | null;
  /** The closed window for which the event came late. Null where it counts in its own window. */
  readonly lateFor: string | null;
};

/** Says in which window an event counts by an incentive, given the first day of its own. */
export type Placing = (terms: IncentiveTerms, start: string) => Place;

export type PartnersWindow = {
  readonly partnerId: bigint;
  readonly incentiveId: string;
  readonly window: string;
  readonly start: string;
};

/** The closings of windows have these keys. */
export const windowKey = ({ partnerId, incentiveId, window, start }: PartnersWindow): string =>
  `${partnerId}|${incentiveId}|${window}|${start}`;

/** The events of ours that closed windows, by `windowKey`: the first one for each, whichever groups and currencies it has. */
export type Closings = ReadonlyMap<string, bigint>;

export const closingsOf = (
  windows: readonly (PartnersWindow & { readonly closingId: bigint | null })[],
): Map<string, bigint> => {
  const closings = new Map<string, bigint>();
  for (const { closingId, ...window } of windows) {
    const known = closings.get(windowKey(window));
    if (closingId !== null && (known === undefined || closingId < known)) closings.set(windowKey(window), closingId);
  }
  return closings;
};

/** A revision of an event. */
export type Revision = {
  readonly eventId: bigint;
  /** The first day of its own window by an incentive. Undefined where it counts in none. */
  readonly startBy: (terms: IncentiveTerms) => string | undefined;
};

/**
 * Decides where an event counts for a partner, given its revisions, the highest last. Ids say what came first, so the order in which events
 * are worked out does not matter. A closed window counts what counted there when it was closed: the highest revision that came before the
 * closing. Such an event stays in the window with all its refunds and corrections. Any other event is late for it.
 */
export const placingBy =
  (closings: Closings, partnerId: bigint, revisions: readonly Revision[]): Placing =>
  (terms, own) => {
    if (!mindsLate(terms)) return { start: own, lateFor: null };
    const { id: incentiveId, window } = terms;
    const later = (start: string) => (terms.lateAfterClose === 'keep-out' ? null : windowNext(terms, start));
    /** The window in which an event of a window counts, as things stood before an event of ours, or as they stand now. */
    function placed(start: string, before?: bigint): string | null {
      for (let open: string | null = start; open !== null; open = later(open)) {
        const closing = closings.get(windowKey({ partnerId, incentiveId, window, start: open }));
        if (closing === undefined || (before !== undefined && closing >= before) || countedIn(closing) === open)
          return open;
      }
      return null;
    }
    function countedIn(closing: bigint): string | null {
      const start = revisions.findLast(({ eventId }) => eventId < closing)?.startBy(terms);
      return start === undefined ? null : placed(start, closing);
    }
    const start = placed(own);
    return { start, lateFor: start === own ? null : `${window} ${own}` };
  };

const windowNext = ({ window }: IncentiveTerms, start: string): string | null => windowAfter(window, start, 'previous');

/** The windows in which an event of a window may count if it comes late: those after it up to the first one that cannot be closed yet. */
export function laterWindows(terms: IncentiveTerms, start: string, today: string): string[] {
  const later: string[] = [];
  for (let last = start; terms.lateAfterClose === 'next-window';) {
    const closing = closesOn(terms, last);
    const next = windowNext(terms, last);
    if (closing === null || next === null || closing > today) break;
    later.push(next);
    last = next;
  }
  return later;
}
