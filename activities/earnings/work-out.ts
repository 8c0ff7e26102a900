import type { DueEvent } from '../../db/earnings/accrual.ts';
import { REFUND } from '../../domain/event.ts';
import type { EventAncestor } from '../../db/earnings/ancestors.ts';
import type { Wait } from '../../db/earnings/events.ts';
import type { LineKind, NewEarning } from '../../db/earnings/earnings.ts';
import { type Earning, earningsOf } from '../../domain/earnings/change.ts';
import type { Scope } from '../../domain/earnings/scope-state.ts';
import { allot, close, requote } from '../../domain/earnings/own-events.ts';
import { quotaNameOf } from '../../domain/earnings/quota.ts';
import { DIVISION, QUOTA } from '../../domain/event.ts';
import { lacksReading } from './missing.ts';
import type { Page } from './page.ts';
import type { Closing } from './past.ts';

export type WorkedOut = {
  readonly earnings: readonly NewEarning[];
  readonly done: readonly DueEvent[];
  /** The partners above for whom these events are still to be worked out. */
  readonly above: readonly EventAncestor[];
  /** Refunds and payments whose sales are not worked out yet, and events whose rates are not known yet. */
  readonly waiting: readonly (DueEvent & Wait)[];
  /** Windows that are closed without their reading or quota. */
  readonly unread: readonly { readonly scope: Scope; readonly event: DueEvent }[];
};

/** Works out events one after the other. It changes the page and its scopes, and writes nothing. */
export function workOut(page: Page, events: readonly DueEvent[]): WorkedOut {
  const earnings: NewEarning[] = [];
  const done: DueEvent[] = [];
  const above: EventAncestor[] = [];
  const waiting: (DueEvent & Wait)[] = [];
  const unread: { scope: Scope; event: DueEvent }[] = [];
  for (const event of events) {
    const closing = page.closingOf(event);
    const quoted = page.quotedBy(event);
    const change = closing || quoted ? null : page.changeOf(event);
    if (change && 'waitsOn' in change) {
      waiting.push({ ...event, ...change });
      continue;
    }
    const earned = change
      ? earningsOf(change, page)
      : quoted
        ? quotaEarnings(quoted, event, page)
        : closingEarnings(closing, event, page);
    if (closing && lacksReading(closing.scope)) unread.push({ scope: closing.scope, event });
    above.push(...page.ancestorsOf(event));
    page.remember(event, change, earned);
    earnings.push(...named(event, earned, page));
    done.push(event);
  }
  return { earnings, done, above, waiting, unread };
}

/** The earning of a window that is closed, or that gets a part of its pool. */
function closingEarnings(closing: Closing | undefined, { eventId }: DueEvent, page: Page): Earning[] {
  if (!closing) return [];
  const { scope, partMinor: minor } = closing;
  const earned = minor === null ? close(scope, eventId, page) : allot(scope, { eventId, minor }, page);
  return earned ? [earned] : [];
}

/** The earnings of windows that are compared with another quota. */
const quotaEarnings = (
  quoted: readonly { readonly scope: Scope; readonly quota: bigint | null }[],
  { eventId, occurredAtMs: atMs }: DueEvent,
  page: Page,
): Earning[] => quoted.flatMap(({ scope, quota }) => requote(scope, { eventId, atMs, quota }, page) ?? []);

const isOriginal = ({ about, revision }: DueEvent): boolean => about === null && revision === 1;

/** The event that happened first comes first, so that a later sale is the one that reaches a step. Refunds and corrections follow as they came. */
export function inOrder(due: readonly DueEvent[]): DueEvent[] {
  const originals = due.filter(isOriginal).toSorted((one, other) => one.occurredAtMs - other.occurredAtMs);
  return originals.length === due.length ? originals : [...originals, ...due.filter((event) => !isOriginal(event))];
}

function kindOf({ kind, revision }: DueEvent): LineKind {
  if (kind === REFUND) return 'reversed';
  return revision > 1 || kind === QUOTA || kind === DIVISION ? 'corrected' : 'earned';
}

const named = (event: DueEvent, earned: readonly Earning[], page: Page): NewEarning[] =>
  earned.map((earning, index) => ({
    ...earning,
    eventId: event.eventId,
    n: index + 1,
    partnerId: event.partnerId,
    childId: event.childId,
    kind: kindOf(event),
    madeBy: handsOf(event, earning, page),
  }));

/**
 * The people who had a hand in an earning: they sent the event, wrote the terms, recorded the rates or gave the budget its amount. A window that is earned at its close
 * or compared with a quota has those of all its events.
 */
export function handsOf(event: DueEvent, earning: Earning, page: Page): string[] {
  const { sentBy, otherHands = [] } = event;
  const { scope, versionId, converted, budgetId } = earning;
  const recorders = converted ? page.recordersOf(converted) : [];
  const funders = budgetId === null ? [] : page.budgets.fundersOf(budgetId);
  const own = [
    sentBy,
    ...otherHands,
    ...page.admittersOf(event),
    page.authorOf(versionId),
    ...recorders,
    ...funders,
  ].filter((person) => person !== null);
  if (!scope || (scope.closesOn === null && quotaNameOf(scope) === undefined)) return own;
  for (const person of own) scope.madeBy.add(person);
  return [...scope.madeBy];
}
