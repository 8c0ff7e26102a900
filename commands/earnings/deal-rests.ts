import type { Database } from '../../db/database.ts';
import { type AccrualEvent, listHistory } from '../../db/earnings/accrual.ts';
import { listDealSales, listDealsOfSales } from '../../db/earnings/deal-sales.ts';
import { lockDeal } from '../../db/earnings/deals.ts';
import { type EventKey, insertEvents } from '../../db/earnings/events.ts';
import { listKnownEvents } from '../../db/earnings/known-events.ts';
import { remainingOf, whyNotAbout } from '../../domain/earnings/refund.ts';
import { partOf } from '../../domain/earnings/share.ts';
import { exactOf, roundExact } from '../../domain/exact-amount.ts';
import { DEAL_WON, type Event, eventHash, OUR_SOURCE, REFUND } from '../../domain/event.ts';
import { keyOf } from './event-key.ts';

/** The amount by which a deal earns follows its sales: what is left of them after refunds, as far as it is the partner's. */

export const wonEventId = (dealId: string): string => `${DEAL_WON}/${dealId}`;

type Sale = EventKey & { readonly partnerId: bigint };

/** The rest of some sales of a program, in minor units: what refunds left, and of a shared sale the part of its first partner. */
export async function restsOf(db: Database, programId: number, sales: readonly Sale[]): Promise<bigint> {
  const rows = await listHistory(
    db,
    programId,
    sales.map((sale) => ({ ...sale, childId: null })),
  );
  const byName = Map.groupBy(rows, ({ source, id, about }) => keyOf({ source, id: about ?? id }));
  const exact = sales.reduce((sum, { source, id, partnerId }) => {
    const { content, backs } = latestOf(byName.get(keyOf({ source, id })) ?? []);
    if (!content) return sum;
    const refunds = backs.filter((refund) => whyNotAbout(refund, content) === undefined);
    const part = partOf(remainingOf(content, refunds), content, partnerId);
    return sum + ((part && exactOf(part)) ?? 0n);
  }, 0n);
  return roundExact(exact);
}

/** The highest revision of an event, and that of each refund of it. */
function latestOf(events: readonly AccrualEvent[]) {
  const latest = [
    ...new Map(
      events.toSorted((one, other) => one.revision - other.revision).map((event) => [event.id, event]),
    ).values(),
  ];
  return {
    content: latest.find(({ about }) => about === null),
    backs: latest.filter(({ kind }) => kind === REFUND),
  };
}

/**
 * Corrects the events by which deals earn, after refunds and corrections of their sales were taken in. Where nothing is left, the event
 * goes back whole, so that a fixed amount for the deal goes back too.
 */
export async function followDeals(tx: Database, changed: readonly EventKey[], by: string): Promise<void> {
  if (changed.length === 0) return;
  for (const id of await listDealsOfSales(tx, changed)) await follow(tx, id, by);
}

async function follow(tx: Database, dealId: string, by: string): Promise<void> {
  const deal = await lockDeal(tx, dealId);
  const key = { source: OUR_SOURCE, id: wonEventId(dealId), partnerId: deal.partnerId, childId: null };
  const { content: won, backs } = latestOf(await listHistory(tx, deal.programId, [key]));
  if (!won) return;
  const sales = await listKnownEvents(tx, await listDealSales(tx, dealId));
  const latest = [...new Map(sales.map((sale) => [keyOf(sale), sale])).values()];
  const isTheirs = ({ partnerId }: Sale) => partnerId === won.eventPartnerId || partnerId === deal.partnerId;
  const left = await restsOf(tx, deal.programId, latest.filter(isTheirs));
  const [back] = backs;
  const isBack = back !== undefined && back.minor === null;
  const { programId } = deal;
  const { eventPartnerId: partnerId } = won;
  const write = (event: Event) =>
    insertEvents(tx, [{ event, hash: eventHash(event), partnerId, programId, sentBy: by }]);
  // A refund without an amount takes back the whole event, and one of 0 takes back nothing.
  const taking = (minor: bigint | null): Event => ({
    ...won,
    id: `${won.id}/back`,
    kind: REFUND,
    about: won.id,
    attributes: {},
    minor,
    revision: (back?.revision ?? 0) + 1,
  });
  if (left === 0n && !isBack) await write(taking(null));
  if (left > 0n && isBack) await write(taking(0n));
  if (left > 0n && left !== won.minor) await write({ ...won, minor: left, revision: won.revision + 1 });
}
