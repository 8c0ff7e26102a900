import { z } from '@hono/zod-openapi';

import type { Database } from '../../../db/database.ts';
import { sumParked } from '../../../db/earnings/parked.ts';
import { type EventTotal, sumSetAside } from '../../../db/earnings/set-aside.ts';
import { sumWaiting } from '../../../db/earnings/waits.ts';
import { formatExactDecimal } from '../../../domain/exact-amount.ts';
import { Currency } from '../../../domain/fields.ts';
import * as fields from '../../http/fields.ts';

const totals = (description: string, totalOf = 'The total of these events; null without an amount') =>
  z
    .array(
      z.object({
        currency: fields.orNull(Currency, 'The currency of the events; null for events without an amount'),
        count: fields.count('The number of events', 3),
        amount: fields.amount(totalOf, '310.00').nullable(),
      }),
    )
    .meta({ description });

/** The events of a run's programs that count for nothing now, because they wait for a sale, a rate, a rung, a decision or a partner. */
export const waitingFields = {
  waitingRefunds: totals(
    'The refunds that wait now for a sale that is not known, in the programs of the schedule. They take nothing back until that sale is sent. `GET /v1/runs/{id}/outcomes` names them',
    'The total of these refunds; null for refunds of a whole sale',
  ),
  eventsWithoutRate: totals(
    'The events that wait now for an exchange rate, in the programs of the schedule. They earn nothing until the rate is recorded. `GET /v1/runs/{id}/outcomes` names them',
  ),
  eventsWithoutRung: totals(
    'The events that wait now for the rung of their partner on a ladder, in the programs of the schedule. They earn nothing until the ladder gives it. `GET /v1/runs/{id}/outcomes` names them',
  ),
  ineligibleEvents: totals(
    'The events that wait now because their partners were not eligible, in the programs of the schedule. They earn nothing until a person decides about them, or what is missing is recorded. `GET /v1/runs/{id}/outcomes` names them',
  ),
  setAsideEvents: totals(
    'The events that cannot be worked out now, in the programs of the schedule. They earn nothing until their cause is removed. `GET /v1/events/set-aside` lists them',
  ),
  parkedEvents: totals(
    'The events whose partner is not known now, in the programs of the schedule. They earn nothing until the partner is added. `GET /v1/events/parked` lists them',
    'The total of these events, less their refunds; null without an amount',
  ),
};

const totalBody = ({ currency, count, exact }: EventTotal) => ({
  currency,
  count,
  amount: currency === null || exact === null ? null : formatExactDecimal(exact, currency),
});

export async function readWaiting(db: Database, scheduleId: number) {
  const [refunds, rateless, unplaced, ineligible, setAside, parked] = await Promise.all([
    sumWaiting(db, scheduleId, 'sale'),
    sumWaiting(db, scheduleId, 'rate'),
    sumWaiting(db, scheduleId, 'ladder'),
    sumWaiting(db, scheduleId, 'eligibility'),
    sumSetAside(db, scheduleId),
    sumParked(db, scheduleId),
  ]);
  return {
    waitingRefunds: refunds.map(totalBody),
    eventsWithoutRate: rateless.map(totalBody),
    eventsWithoutRung: unplaced.map(totalBody),
    ineligibleEvents: ineligible.map(totalBody),
    setAsideEvents: setAside.map(totalBody),
    parkedEvents: parked.map(totalBody),
  };
}
