import type { Database } from '../../db/database.ts';
import { listPartnerSchedules, listSchedulesOf, type Schedule } from '../../db/payers/schedules.ts';
import { listPartnerPayability, listPayabilityOf, type Payability } from '../../db/payouts/payability.ts';
import { listWaiting } from '../../db/runs/waiting.ts';
import { type Money, money } from '../../domain/money.ts';
import { nextPeriods, payDate } from '../../domain/payers/schedule.ts';
import type { Outcome } from '../../domain/payouts/outcome.ts';
import { explainStanding, type SpokenReason, whyBelowMinimum } from '../../domain/payouts/payability.ts';
import type { Method } from '../../domain/rails.ts';
import { waitsFor } from '../../domain/runs/waiting.ts';
import { ENGLISH, type Voice } from '../../domain/voice.ts';

/** The next payment of a partner under one schedule and in one currency, or the reasons why there is none. */
export type NextPayment = {
  readonly schedule: string;
  readonly cutoff: string;
  /** The day on which the money that is free at the cut-off leaves. */
  readonly payOn: string;
  readonly payable: Money;
  readonly held: Money;
  /** The part of an older debt that this payment leaves for later ones. */
  readonly debtLeft: Money;
  readonly reserved: Money;
  readonly minimum: Money;
  readonly nextAvailableOn: string | null;
  readonly method: Method | null;
  readonly outcome: Outcome;
  readonly reasons: readonly SpokenReason[];
  /** The first day on which money can leave. Null while somebody must act first. */
  readonly nextPayOn: string | null;
  /** Why it is paid although it is less than the smallest payout. Null where it is not. */
  readonly belowMinimum: string | null;
};

/** Asks the one function that decides, for each schedule of a partner, as of its next cut-off. */
export async function listNextPayments(
  db: Database,
  partnerId: bigint,
  nowMs: number,
  voice = ENGLISH,
): Promise<readonly NextPayment[]> {
  const schedules = await listPartnerSchedules(db, partnerId);
  return (await Promise.all(schedules.map((schedule) => paymentsOf(db, schedule, partnerId, { nowMs, voice })))).flat();
}

/** The next payments of many partners, by their ids. They do not say why a payout that is under way waits. */
export async function listNextPaymentsOf(
  db: Database,
  partnerIds: readonly bigint[],
  nowMs: number,
): Promise<ReadonlyMap<bigint, readonly NextPayment[]>> {
  const asked = (await listSchedulesOf(db, partnerIds)).flatMap((schedule) => {
    const [next] = nextPeriods(schedule, nowMs, 1);
    return next ? [{ schedule, next }] : [];
  });
  const periods = asked.map(({ schedule, next }) => ({ scheduleId: schedule.id, ...next }));
  const rows = periods.length === 0 ? [] : await listPayabilityOf(db, periods, partnerIds);
  const payments = asked.flatMap(({ schedule, next }) =>
    rows
      .filter(({ scheduleId }) => scheduleId === schedule.id)
      .map((row) => ({
        partnerId: row.partnerId,
        payment: { ...whenOf(schedule, next), ...paymentOf(row, schedule, { nowMs, voice: ENGLISH }, []) },
      })),
  );
  const byPartner = Map.groupBy(payments, ({ partnerId }) => partnerId);
  return new Map([...byPartner].map(([id, found]) => [id, found.map(({ payment }) => payment)]));
}

const whenOf = (schedule: Schedule, { end }: { end: string }) => ({
  schedule: schedule.code,
  cutoff: end,
  payOn: payDate(schedule, end),
});

type Asked = { readonly nowMs: number; readonly voice: Voice };

async function paymentsOf(db: Database, schedule: Schedule, partnerId: bigint, asked: Asked): Promise<NextPayment[]> {
  const [next] = nextPeriods(schedule, asked.nowMs, 1);
  if (!next) return [];
  const rows = await listPartnerPayability(db, schedule.id, next, partnerId);
  const when = whenOf(schedule, next);
  return Promise.all(
    rows.map(async (row) => {
      const open =
        row.reservedMinor === 0n
          ? []
          : await listWaiting(db, { partnerId, scheduleId: schedule.id, currency: row.currency });
      const waiting = open.flatMap((payout) => waitsFor(payout, 'partner', asked.voice)?.words ?? []);
      return { ...when, ...paymentOf(row, schedule, asked, waiting) };
    }),
  );
}

function paymentOf(row: Payability, schedule: Schedule, { nowMs, voice }: Asked, waiting: readonly string[]) {
  const { currency, nextAvailableOn, method, outcome, isLast } = row;
  const of = (minor: bigint) => money(minor, currency);
  const [payable, reserved, minimum] = [of(row.payableMinor), of(row.reservedMinor), of(row.minimumMinor)];
  const standing = { payable, reserved, minimum, nextAvailableOn, method, reasons: row.reasons, isLast, waiting };
  return {
    payable,
    held: of(row.heldMinor),
    debtLeft: of(row.debtLeftMinor),
    reserved,
    minimum,
    nextAvailableOn,
    method,
    outcome,
    ...explainStanding(standing, schedule, nowMs, voice),
    belowMinimum: whyBelowMinimum(standing, voice),
  };
}
