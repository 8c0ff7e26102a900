import type { DatabasePool } from 'slonik';

import { failBackTest } from '../../commands/earnings/back-tests.ts';
import type { Database } from '../../db/database.ts';
import {
  type BackTest,
  type BackTestPage,
  type BackTestSum,
  endBackTest,
  getBackTest,
  listFactSpans,
  saveBackTestPage,
  type StoppedEvent,
} from '../../db/earnings/back-tests.ts';
import { type BackTestNeed, insertBackTestNeeds } from '../../db/earnings/back-test-budgets.ts';
import { type Booked, expectLongRead, listKnownVersions, listParticipants } from '../../db/earnings/replays.ts';
import { listBudgetsNamed } from '../../db/programs/budgets.ts';
import { localDate, startOfDay } from '../../domain/calendar.ts';
import { isFor } from '../../domain/earnings/budget.ts';
import { remainingOf } from '../../domain/earnings/refund.ts';
import { whyNothing } from '../../domain/earnings/why-nothing.ts';
import { isOurs } from '../../domain/event.ts';
import type { UnitCode } from '../../domain/unit.ts';
import { DRAFT_ID } from './known-ratings.ts';
import { replay, type Replayed } from './replay.ts';

export type BackTestDeps = { db: DatabasePool };

const PARTNERS_PER_PAGE = 200;
const STOPPED_KEPT = 20;

export const createBackTestActivities = ({ db }: BackTestDeps) => ({
  /**
   * Replays past events by a draft, some partners at a time, each page in one snapshot. It goes on where an earlier try ended. Writes
   * nothing but the results.
   */
  async runBackTest(id: string): Promise<void> {
    let test = await getBackTest(db, id);
    while (test.state === 'running') {
      const partnerIds = await listParticipants(db, test.programId, test.doneThrough, PARTNERS_PER_PAGE);
      if (partnerIds.length === 0) await endBackTest(db, id, 'done');
      else {
        const page = await testPage(db, test, partnerIds);
        await db.transaction(async (tx) => {
          if (await saveBackTestPage(tx, page)) await insertBackTestNeeds(tx, id, page.needs);
        });
      }
      test = await getBackTest(db, id);
    }
  },

  async giveUpBackTest(id: string): Promise<void> {
    await failBackTest(db, id);
  },
});

type Sum = { -readonly [Field in keyof BackTestSum]: BackTestSum[Field] };

type TestedPage = BackTestPage & { readonly needs: readonly BackTestNeed[] };

const testPage = (db: DatabasePool, test: BackTest, partnerIds: readonly bigint[]): Promise<TestedPage> =>
  db.transaction(async (tx) => {
    await expectLongRead(tx);
    const { programId, planId, zone, terms } = test;
    const versions = await listKnownVersions(tx, programId);
    const ofPlan = new Set(versions.filter((version) => version.planId === planId).map(({ id }) => id));
    const tierOf = await readTiers(tx, test, partnerIds);
    const budgetOf = await readBudgets(tx, test);
    const needs = new Map<string, BackTestNeed>();
    const [fromMs, untilMs] = [startOfDay(test.from, zone), startOfDay(test.until, zone)];
    const sums = new Map<string, Sum>();
    const stopped: StoppedEvent[] = [];
    const keptOf = new Map<bigint, number>();
    for await (const one of replay(tx, { id: programId, zone }, partnerIds, { draft: { planId, terms } })) {
      if (one.originAtMs < fromMs || one.originAtMs >= untilMs) continue;
      const day = localDate(one.originAtMs, zone);
      const { partnerId, event, earned } = one;
      const before = byUnit(worths(event?.booked.filter(({ versionId }) => ofPlan.has(versionId)) ?? []));
      const drafted = earned.filter(({ versionId }) => versionId === DRAFT_ID);
      for (const { incentiveId, currency, minor } of drafted) {
        const budget = budgetOf(incentiveId, day);
        if (budget === undefined) continue;
        const key = `${partnerId}|${budget}|${currency}`;
        const need = needs.get(key) ?? { partnerId, budget, unit: currency, neededMinor: 0n };
        needs.set(key, { ...need, neededMinor: need.neededMinor + minor });
      }
      const after = byUnit(drafted);
      for (const unit of new Set([...before.keys(), ...after.keys()])) {
        const [oldMinor, newMinor] = [before.get(unit) ?? 0n, after.get(unit) ?? 0n];
        const sum = sumOf(sums, {
          partnerId,
          month: `${day.slice(0, 'YYYY-MM'.length)}-01`,
          tier: tierOf(partnerId, day),
          unit,
        });
        if (event && !isOurs(event.kind)) sum.eventCount += 1;
        sum.oldMinor += oldMinor;
        sum.newMinor += newMinor;
        if (!event || oldMinor <= 0n || newMinor !== 0n || !isStopped(one)) continue;
        sum.stoppedCount += 1;
        const kept = keptOf.get(partnerId) ?? 0;
        keptOf.set(partnerId, kept + 1);
        if (kept < STOPPED_KEPT)
          stopped.push({ partnerId, eventId: event.eventId, unit, oldMinor, reason: reasonOf(one, test) });
      }
    }
    return {
      id: test.id,
      after: test.doneThrough,
      through: partnerIds.at(-1) ?? test.doneThrough,
      sums: [...sums.values()],
      stopped,
      needs: [...needs.values()],
    };
  });

/** Earnings at what they are worth. Budgets are applied on neither side: a draft is worked out partner by partner, and not in the order in which events came. */
const worths = (booked: readonly Booked[]) =>
  booked.map(({ currency, minor, unfunded }) => ({ currency, minor: minor + (unfunded ?? 0n) }));

function byUnit(earnings: readonly { currency: UnitCode; minor: bigint }[]): Map<UnitCode, bigint> {
  const sums = new Map<UnitCode, bigint>();
  for (const { currency, minor } of earnings) sums.set(currency, (sums.get(currency) ?? 0n) + minor);
  return sums;
}

function sumOf(sums: Map<string, Sum>, about: Pick<BackTestSum, 'partnerId' | 'month' | 'tier' | 'unit'>): Sum {
  const key = `${about.partnerId}|${about.month}|${about.unit}|${about.tier}`;
  const sum = sums.get(key) ?? { ...about, eventCount: 0, oldMinor: 0n, newMinor: 0n, stoppedCount: 0 };
  sums.set(key, sum);
  return sum;
}

/** Whether an event that earns nothing by the draft will not be earned later either, when its window is closed. */
const isStopped = ({ event, earned }: Replayed): boolean =>
  event?.about === null && !isOurs(event.kind) && earned.every(({ scope }) => !scope || scope.closesOn === null);

function reasonOf({ event, earned }: Replayed, { terms, zone }: BackTest): string {
  if (earned.length > 0) return 'it counts, but the steps and rates give nothing for it';
  const why = event && whyNothing(remainingOf(event, []), terms, { zone, level: 0, partner: null });
  return why ?? 'no incentive of the draft is for this partner and event';
}

/** Reads which budget an incentive of the draft names, if that one pays the events of a day. */
async function readBudgets(
  tx: Database,
  { programId, terms: { incentives } }: BackTest,
): Promise<(incentiveId: string, day: string) => string | undefined> {
  const named = new Map(incentives.flatMap(({ id, budget }) => (budget === undefined ? [] : [[id, budget] as const])));
  const budgets = named.size === 0 ? [] : await listBudgetsNamed(tx, programId, [...named.values()]);
  const byCode = new Map(budgets.map((budget) => [budget.code, budget]));
  return (incentiveId, day) => {
    const budget = byCode.get(named.get(incentiveId) ?? '');
    return budget && isFor(budget, day) ? budget.code : undefined;
  };
}

/** Reads the value of the fact that tells tiers apart, as of each day. Empty where there is none. */
async function readTiers(
  tx: Database,
  { tierKey }: BackTest,
  partnerIds: readonly bigint[],
): Promise<(partnerId: bigint, day: string) => string> {
  if (tierKey === null) return () => '';
  const spans = Map.groupBy(await listFactSpans(tx, tierKey, partnerIds), ({ partnerId }) => partnerId);
  return (partnerId, day) =>
    spans.get(partnerId)?.find(({ from, until }) => from <= day && (until === null || day < until))?.value ?? '';
}
