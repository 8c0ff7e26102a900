import type { Client } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import type { Database } from '../../db/database.ts';
import {
  type AccrualProgram,
  type AgreedPlanVersion,
  listAgreedPlanVersions,
  lockProgramForAccrual,
  readSaleEarnings,
  readWindowTotals,
  type SaleEarnings,
  windowKey,
} from '../../db/earnings/accrual.ts';
import { insertEarnings, type NewEarning } from '../../db/earnings/earnings.ts';
import {
  type DueEvent,
  finishDueEvents,
  listAccruedEvents,
  listDueEvents,
  waitForSales,
} from '../../db/earnings/events.ts';
import { postJournals } from '../../db/books/ledger.ts';
import { localDate } from '../../domain/calendar.ts';
import { earn, reverse, whyNotReverse, windowsOf } from '../../domain/earnings/earning.ts';
import type { WindowTotals } from '../../domain/programs/incentives/incentive.ts';
import { covers } from '../../domain/partners/agreement.ts';
import { versionAt } from '../../domain/programs/plan.ts';
import { accrualPosting } from '../../domain/books/postings.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';

export type AccrualDeps = { db: DatabasePool; temporal: Client };

const EVENTS_PER_PAGE = 500;

export const createAccrualActivities = ({ db }: Pick<AccrualDeps, 'db'>) => ({
  /**
   * Computes one page of a program's events in one transaction: earnings, lines, journals. Returns how many events it took, or 0
   * when none is due. Safe to repeat: an event leaves `event_due` in the transaction that accrues it.
   */
  accruePage: (programCode: string): Promise<number> =>
    db.transaction(async (tx) => {
      const program = await lockProgramForAccrual(tx, programCode);
      if (!program) return 0;
      const events = await listDueEvents(tx, program.id, EVENTS_PER_PAGE);
      if (events.length > 0) await accrue(tx, program, events);
      return events.length;
    }),
});

async function accrue(tx: Database, program: AccrualProgram, events: readonly DueEvent[]): Promise<void> {
  const page = await openPage(tx, program, events);
  const done: DueEvent[] = [];
  const early: DueEvent[] = [];
  for (const event of events) {
    const sale =
      event.refundOf === null ? null : page.accrued.get(eventKey({ source: event.source, id: event.refundOf }));
    if (sale === undefined) {
      early.push(event);
      continue;
    }
    if (sale === null) page.add(event, earnFrom(page, program, event));
    else page.add(event, await reverseOf(tx, page, event, sale));
    done.push(event);
  }
  if (early.length > 0) await waitForSales(tx, early);
  if (done.length === 0) return;
  const lines = await insertEarnings(tx, program.id, done.length, page.earnings);
  await postJournals(
    tx,
    lines.map((line) => accrualPosting({ ...line, programId: program.id })),
  );
  await finishDueEvents(tx, done);
}

const eventKey = ({ source, id }: { source: string; id: string }): string => `${source}\n${id}`;

/** The knowledge of a page while it goes through its events in order: later events see the effects of earlier ones. */
type Page = {
  readonly plans: ReadonlyMap<bigint, readonly AgreedPlanVersion[]>;
  readonly totals: Map<string, WindowTotals>;
  readonly accrued: Map<string, DueEvent>;
  readonly sales: Map<string, SaleEarnings>;
  readonly earnings: NewEarning[];
  readonly add: (event: DueEvent, earned: readonly NewEarning[]) => void;
};

async function openPage(tx: Database, program: AccrualProgram, events: readonly DueEvent[]): Promise<Page> {
  const partnerIds = [...new Set(events.map(({ partnerId }) => partnerId))];
  const plans = Map.groupBy(await listAgreedPlanVersions(tx, program.id, partnerIds), ({ partnerId }) => partnerId);
  const refunded = events.flatMap(({ source, refundOf }) => (refundOf === null ? [] : [{ source, id: refundOf }]));
  const accrued = refunded.length === 0 ? [] : await listAccruedEvents(tx, refunded);
  const totals = await readWindowTotals(
    tx,
    program.id,
    events.flatMap((event) => windowsFor(plans, program, event)),
  );
  const page: Page = {
    plans,
    totals,
    accrued: new Map(accrued.map((event) => [eventKey(event), event])),
    sales: new Map(),
    earnings: [],
    add(event, earned) {
      page.earnings.push(...earned);
      page.accrued.set(eventKey(event), event);
      if (event.refundOf === null) page.sales.set(eventKey(event), asSale(earned));
      for (const { incentiveId, windowStart, minor, basisMinor } of earned) {
        if (windowStart === null) continue;
        const key = windowKey({ partnerId: event.partnerId, incentiveId, windowStart });
        const before = page.totals.get(key) ?? NOTHING;
        page.totals.set(key, { basisMinor: before.basisMinor + basisMinor, earnedMinor: before.earnedMinor + minor });
      }
    },
  };
  return page;
}

const NOTHING: WindowTotals = { basisMinor: 0n, earnedMinor: 0n };

const asSale = (earned: readonly NewEarning[]): SaleEarnings => ({
  earnings: earned.map((earning) => ({ ...earning, reversedMinor: 0n, reversedBasisMinor: 0n })),
  refundedMinor: 0n,
});

/** The version in force when an event happened, of the plan whose term covers its local day. */
function planVersionFor(
  plans: Page['plans'],
  zone: string,
  { partnerId, occurredAtMs }: DueEvent,
): AgreedPlanVersion | undefined {
  const day = localDate(occurredAtMs, zone);
  const agreed = (plans.get(partnerId) ?? []).filter((version) => covers(version, day));
  return versionAt(agreed, occurredAtMs);
}

function windowsFor(plans: Page['plans'], { zone }: AccrualProgram, event: DueEvent) {
  const version = event.refundOf === null ? planVersionFor(plans, zone, event) : undefined;
  if (!version) return [];
  return windowsOf({ event, terms: version.terms, zone }).map((window) => ({ ...window, partnerId: event.partnerId }));
}

function earnFrom({ plans, totals }: Page, { zone }: AccrualProgram, event: DueEvent): NewEarning[] {
  const version = planVersionFor(plans, zone, event);
  if (!version) return [];
  const totalsOf = (incentiveId: string, windowStart: string) =>
    totals.get(windowKey({ partnerId: event.partnerId, incentiveId, windowStart })) ?? NOTHING;
  return earn({ event, terms: version.terms, zone, totalsOf }).map((earning) => ({
    ...earning,
    event,
    planVersionId: version.id,
    reverses: null,
  }));
}

/** Lists the earnings that a refund takes back. A refund that does not fit its sale takes nothing, and raises an alarm. */
async function reverseOf(tx: Database, page: Page, refund: DueEvent, sale: DueEvent): Promise<NewEarning[]> {
  const reason = whyNotReverse(refund, sale);
  if (reason) {
    await raiseAlarm(tx, 'refund_not_applied', `event/${refund.source}/${refund.id}`, reason);
    return [];
  }
  const before = page.sales.get(eventKey(sale)) ?? (await readSaleEarnings(tx, sale));
  const reversals = reverse({ refund, sale, earnings: before.earnings, refundedBefore: before.refundedMinor });
  const versions = new Map(before.earnings.map(({ incentiveId, planVersionId }) => [incentiveId, planVersionId]));
  page.sales.set(eventKey(sale), {
    refundedMinor: before.refundedMinor + (refund.minor ?? sale.minor ?? 0n),
    earnings: before.earnings.map((earning, index) => ({
      ...earning,
      reversedMinor: earning.reversedMinor - (reversals[index]?.minor ?? 0n),
      reversedBasisMinor: earning.reversedBasisMinor - (reversals[index]?.basisMinor ?? 0n),
    })),
  });
  return reversals.flatMap((reversal) => {
    const planVersionId = versions.get(reversal.incentiveId);
    return planVersionId === undefined ? [] : [{ ...reversal, event: refund, planVersionId, reverses: sale.id }];
  });
}
