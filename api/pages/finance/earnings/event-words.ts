import { z } from 'zod';

import type { NewestEvent } from '../../../../db/earnings/event-pages.ts';
import type { EventWait } from '../../../../db/earnings/event-story.ts';
import { printMainAmount } from '../../../../domain/exact-amount.ts';
import { money } from '../../../../domain/money.ts';
import type { UnitCode } from '../../../../domain/unit.ts';
import { parseCursor } from '../../../http/cursor.ts';
import { RowNumber } from '../../../http/schemas.ts';
import { tabs } from '../../components.ts';
import { countOf, sayAmount } from '../../format.ts';
import type { PageContext } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { WAITS_ON } from '../../earning-words.ts';

/** The words and the places that the pages about events share. */

const PLACES = [
  ['Events', '/earnings/events'],
  ['Imports', '/earnings/imports'],
  ['Quarantine', '/earnings/quarantine'],
  ['Parked', '/earnings/parked'],
  ['Not eligible', '/earnings/ineligible'],
  ['Set aside', '/earnings/set-aside'],
  ['Corrections', '/earnings/corrections'],
  ['Re-ratings', '/earnings/re-ratings'],
] as const;

export const earningTabs = (here: (typeof PLACES)[number][1]): Html => tabs('Earnings', PLACES, here);

/** The row number that a page begins after. */
export const cursorNumber = (c: PageContext): bigint =>
  RowNumber.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? 0n;

const Pair = z.object({ eventId: RowNumber, partnerId: RowNumber, childId: RowNumber.nullable().default(null) });

/** The place of an event and a partner in the queue that a page begins after. */
export const cursorPair = (c: PageContext): z.output<typeof Pair> =>
  Pair.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? { eventId: 0n, partnerId: 0n, childId: null };

/** The address of an event's page. Ids of other systems may have any characters. */
export const eventPath = (source: string, id: string): string =>
  `/earnings/events/${encodeURIComponent(source)}/${encodeURIComponent(id)}`;

/** A field of an event as it was sent, as text. */
export const sentText = (payload: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = payload[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
};

export const kindWords = (kind: string): string => kind.replaceAll('_', ' ');

/** The amount of an event, or its number of units. */
export function measureOf(event: Pick<NewestEvent, 'minor' | 'exact' | 'currency' | 'quantity'>): string {
  const { minor, exact, currency, quantity } = event;
  if (currency === null || minor === null) return quantity === null ? '–' : countOf(quantity, 'unit');
  return exact === null ? sayAmount(money(minor, currency)) : `${printMainAmount(event)} ${currency}`;
}

type Earned = { readonly currency: UnitCode; readonly minor: bigint };

/** The sums of earnings, one for each unit. Units are never added up. */
export const sumsOf = (earnings: readonly Earned[]): Earned[] =>
  [...Map.groupBy(earnings, ({ currency }) => currency)].map(([currency, all]) => ({
    currency,
    minor: all.reduce((total, { minor }) => total + minor, 0n),
  }));

export const saySums = (earnings: readonly Earned[]): string =>
  sumsOf(earnings)
    .map(({ currency, minor }) => sayAmount(money(minor, currency)))
    .join(', ');

/** Why an event is not worked out for a partner yet, as a sentence without its end. */
export const sayWait = ({ partner, waitsOn, waitsFor, setAside }: EventWait): Html =>
  setAside !== null
    ? html`For ${partner} it is set aside: ${setAside}`
    : waitsOn === null
      ? html`It will be worked out for ${partner} in a moment`
      : html`For ${partner} it ${WAITS_ON[waitsOn]}${waitsFor !== null && `: ${waitsFor}`}`;
