import { z } from '@hono/zod-openapi';

import type { Database } from '../../../db/database.ts';
import { sumParked } from '../../../db/earnings/parked.ts';
import { sumSetAside } from '../../../db/earnings/set-aside.ts';
import { sumWaiting } from '../../../db/earnings/waits.ts';
import type { CurrencyCode } from '../../../domain/currency.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import * as fields from '../../http/fields.ts';

/** The events of a run's programs that count for nothing now, because they wait for a sale, a rate or a partner. */
export const waitingFields = {
  waitingRefunds: z
    .array(
      z.object({
        currency: fields.orNull(Currency, 'The currency of the refunds; null for refunds of a whole sale'),
        count: fields.count('The number of refunds', 2),
        amount: fields.amount('The total of these refunds; null for refunds of a whole sale', '59.80').nullable(),
      }),
    )
    .meta({
      description:
        'The refunds that wait now for a sale that is not known, in the programs of the schedule. They take nothing back until that sale is sent. `GET /v1/runs/{id}/outcomes` names them',
    }),
  eventsWithoutRate: z
    .array(
      z.object({
        currency: fields.orNull(Currency, 'The currency of the events'),
        count: fields.count('The number of events', 3),
        amount: fields.amount('The total of these events; null without an amount', '310.00').nullable(),
      }),
    )
    .meta({
      description:
        'The events that wait now for an exchange rate, in the programs of the schedule. They earn nothing until the rate is recorded. `GET /v1/runs/{id}/outcomes` names them',
    }),
  setAsideEvents: z
    .array(
      z.object({
        currency: fields.orNull(Currency, 'The currency of the events; null for events without an amount'),
        count: fields.count('The number of events', 1),
        amount: fields.amount('The total of these events; null without an amount', '310.00').nullable(),
      }),
    )
    .meta({
      description:
        'The events that cannot be worked out now, in the programs of the schedule. They earn nothing until their cause is removed. `GET /v1/events/set-aside` lists them',
    }),
  parkedEvents: z
    .array(
      z.object({
        currency: fields.orNull(Currency, 'The currency of the events; null for events without an amount'),
        count: fields.count('The number of events', 3),
        amount: fields
          .amount('The total of these events, less their refunds; null without an amount', '310.00')
          .nullable(),
      }),
    )
    .meta({
      description:
        'The events whose partner is not known now, in the programs of the schedule. They earn nothing until the partner is added. `GET /v1/events/parked` lists them',
    }),
};

type Total = { currency: CurrencyCode | null; count: number; minor: bigint | null };
const totalBody = ({ currency, count, minor }: Total) => ({
  currency,
  count,
  amount: currency === null || minor === null ? null : formatDecimal(money(minor, currency)),
});

export async function readWaiting(db: Database, scheduleId: number) {
  const [refunds, rateless, setAside, parked] = await Promise.all([
    sumWaiting(db, scheduleId, 'sale'),
    sumWaiting(db, scheduleId, 'rate'),
    sumSetAside(db, scheduleId),
    sumParked(db, scheduleId),
  ]);
  return {
    waitingRefunds: refunds.map(totalBody),
    eventsWithoutRate: rateless.map(totalBody),
    setAsideEvents: setAside.map(totalBody),
    parkedEvents: parked.map(totalBody),
  };
}
