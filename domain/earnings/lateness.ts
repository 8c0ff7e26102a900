import { closesOn, comparingStart, type IncentiveTerms, mindsLate } from '../programs/incentives/index.ts';
import { windowAfter } from '../programs/incentives/window.ts';

/** The window in which an event counts that is worked out after its own window was closed. */

/** The window that an event counts in. */
export type Place = {
  /** The first local date of the window. Null where the event is kept out. */
  readonly start: string | null;
  /** The closed window for which the event came late. Null where it counts in its own window. */
  readonly lateFor: string | null;
};

/** Says in which window an event counts by an incentive, given the first day of its own. */
export type Placing = (terms: IncentiveTerms, start: string) => Place;

/** Names a window, such as `quarter 2026-01-01`. */
const nameOf = ({ window }: IncentiveTerms, start: string): string => `${window} ${start}`;

export type PartnersWindow = {
  readonly partnerId: bigint;
  readonly incentiveId: string;
  readonly window: string;
  readonly start: string;
};

/** The windows of an incentive whose closing was worked out have these keys. */
export const windowKey = ({ partnerId, incentiveId, window, start }: PartnersWindow): string =>
  `${partnerId}|${incentiveId}|${window}|${start}`;

/** A contribution of an event, as far as it says where the event counts. */
type Counted = {
  readonly incentiveId: string;
  readonly scope: { readonly window: string; readonly start: string } | null;
  readonly lateFor: string | null;
};

/**
 * Decides where an event counts, given its own window and its contributions until now. It is decided once for each window: an event that
 * counted in time stays in its window, and one that came late stays late, with all its refunds and corrections.
 */
function placeOf(
  terms: IncentiveTerms,
  start: string,
  counted: readonly Counted[],
  isClosed: (start: string) => boolean,
): Place {
  const inTime = { start, lateFor: null };
  if (!mindsLate(terms)) return inTime;
  const own = counted.filter(({ incentiveId }) => incentiveId === terms.id);
  const name = nameOf(terms, start);
  const starts = (lateFor: string | null): string[] =>
    own.flatMap(({ scope, lateFor: late }) =>
      late === lateFor && scope?.window === terms.window ? [scope.start] : [],
    );
  const compared = comparingStart(terms, start);
  const before = starts(null);
  const counts = before.includes(start) && (compared === null || before.includes(compared));
  const isLate = own.some(({ lateFor }) => lateFor === name);
  if (counts || (!isLate && !isClosed(start))) return inTime;
  if (terms.lateAfterClose === 'keep-out') return { start: null, lateFor: name };
  const [known] = starts(name).toSorted();
  return { start: known ?? firstOpen(terms, start, isClosed), lateFor: name };
}

/** Decides where the events of a partner count, by the windows that are closed now. */
export const placingBy =
  (closed: ReadonlySet<string>, partnerId: bigint, counted: readonly Counted[]): Placing =>
  (terms, own) =>
    placeOf(terms, own, counted, (start) =>
      closed.has(windowKey({ partnerId, incentiveId: terms.id, window: terms.window, start })),
    );

const windowNext = ({ window }: IncentiveTerms, start: string): string | null => windowAfter(window, start, 'previous');

function firstOpen(terms: IncentiveTerms, start: string, isClosed: (start: string) => boolean): string | null {
  let open: string | null = start;
  while (open !== null && isClosed(open)) open = windowNext(terms, open);
  return open;
}

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
