import type { Database } from '../../db/database.ts';
import { type DealSale, insertDealSales, listSalesFor, SALES_MAX } from '../../db/earnings/deal-sales.ts';
import { type Deal, getDeal } from '../../db/earnings/deals.ts';
import { type EventKey, insertEvents } from '../../db/earnings/events.ts';
import { listEventPlaces } from '../../db/earnings/places.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { localDate } from '../../domain/calendar.ts';
import { DEAL_ATTRIBUTE, DEAL_NEXT } from '../../domain/earnings/deal.ts';
import { type Shard, shardOf } from '../../domain/earnings/shard.ts';
import { Failure, type FailureDetail, refused } from '../../domain/errors.ts';
import { DEAL_WON, type Event, eventHash, OUR_SOURCE } from '../../domain/event.ts';
import { termOn } from '../../domain/partners/agreement.ts';
import { restsOf, wonEventId } from './deal-rests.ts';
import { advance, type Caller, end } from './deals.ts';

/**
 * Closes a deal as won with its sales: those that are named, and those that name the deal in their attribute `deal`. An event of ours
 * then earns the deal's own incentive, over what is left of the partner's part of the sales. Returns the share of the program whose earnings are due. Throws
 * Failure `status_does_not_allow`, or `invalid_input`, which names each sale that does not fit.
 */
export const winDeal = (
  db: Database,
  id: string,
  named: readonly EventKey[],
  { by, nowMs }: Caller,
): Promise<{ deal: Deal; shard: Shard }> =>
  db.transaction(async (tx) => {
    const deal = await advance(tx, id, nowMs);
    if (!DEAL_NEXT[deal.status].includes('won'))
      throw new Failure(
        'status_does_not_allow',
        `The deal is ${deal.status}, so it cannot be won. Nothing was recorded.`,
      );
    const partner = await getPartner(tx, deal.partner);
    const sales = await listSalesFor(tx, { dealId: id, partnerId: partner.id, programId: deal.programId }, named);
    if (sales.length > SALES_MAX) throw refused('sales', `are more than ${SALES_MAX}, the most of one deal`);
    refuseUnfit(deal, partner.id, sales, named);
    if (sales.length === 0) throw refused('sales', 'are missing: name the sales, or send them with the attribute deal');
    const minor = await restsOf(tx, deal.programId, sales);
    if (minor === 0n) throw refused('sales', 'have nothing left: all of them were refunded');
    if ((await insertDealSales(tx, id, sales, by)) < sales.length)
      throw refused('sales', 'closed another deal at this moment');
    await end(tx, deal, { status: 'won', reason: null, by });
    const event = wonEvent(deal, partner.code, minor, nowMs);
    const [place] = await listEventPlaces(tx, [event]);
    if (!place?.zone || !termOn(place.terms, localDate(nowMs, place.zone)))
      throw refused('program', `${deal.program} has no agreement with ${partner.code} today`);
    await insertEvents(tx, [
      { event, hash: eventHash(event), partnerId: partner.id, programId: deal.programId, sentBy: by },
    ]);
    return { deal: await getDeal(tx, id), shard: { program: deal.program, shard: shardOf(partner.id) } };
  });

function refuseUnfit(deal: Deal, partnerId: bigint, sales: readonly DealSale[], named: readonly EventKey[]): void {
  const details = named.flatMap(({ source, id }, index): FailureDetail[] => {
    const field = `sales[${index}]`;
    const found = sales.find((sale) => sale.source === source && sale.id === id);
    const reason = found ? whyUnfit(deal, partnerId, found) : 'is not known';
    return reason === undefined ? [] : [{ field, reason }];
  });
  for (const sale of sales) {
    const reason = whyUnfit(deal, partnerId, sale);
    if (reason !== undefined && !named.some(({ source, id }) => source === sale.source && id === sale.id))
      details.push({ field: 'sales', reason: `${sale.source} ${sale.id} names this deal, but ${reason}` });
  }
  if (details.length > 0)
    throw new Failure(
      'invalid_input',
      'Some sales cannot close this deal. Nothing was recorded. Correct the named ones.',
      {
        details,
      },
    );
}

function whyUnfit(deal: Deal, partnerId: bigint, sale: DealSale): string | undefined {
  const isTheirs = sale.partnerId === partnerId || sale.partnerId === deal.partnerId;
  if (!isTheirs || sale.programId !== deal.programId) return `is not a sale of ${deal.partner} in ${deal.program}`;
  if (sale.about !== null || sale.source === OUR_SOURCE) return 'is not a sale';
  if (sale.minor === null) return 'has no amount of its own';
  if (sale.currency !== deal.currency) return `is in ${sale.currency}, and the deal is in ${deal.currency}`;
  if (sale.dealId !== null) return 'closed another deal before';
  return undefined;
}

const wonEvent = (deal: Deal, partner: string, minor: bigint, nowMs: number): Event => ({
  source: OUR_SOURCE,
  id: wonEventId(deal.id),
  program: deal.program,
  partner,
  kind: DEAL_WON,
  occurredAtMs: nowMs,
  currency: deal.currency,
  minor,
  otherAmounts: {},
  quantity: null,
  about: null,
  attributes: { [DEAL_ATTRIBUTE]: deal.id },
  reading: null,
  revision: 1,
  shares: [],
});
