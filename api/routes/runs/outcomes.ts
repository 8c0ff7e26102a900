import { createRoute, z } from '@hono/zod-openapi';

import { listSetAsideOf, type SetAsideEvent } from '../../../db/earnings/set-aside.ts';
import { listWaiting, type WaitingEvent } from '../../../db/earnings/waits.ts';
import { listOutcomes, listRunChanges, type RunChangeRow, type RunOutcome } from '../../../db/runs/outcomes.ts';
import { getRun } from '../../../db/runs/runs.ts';
import { printMainAmount } from '../../../domain/exact-amount.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import type { WaitsOn } from '../../../domain/earnings/waiting-events.ts';
import { OUTCOMES } from '../../../domain/payouts/outcome.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, RowNumber, UuidPath } from '../../http/schemas.ts';
import { setAsideBody, setAsideFields } from '../earnings/set-aside.ts';

/** An outcome names so many events that count for nothing now. */
const EVENTS_MAX = 5;

const waitingFields = {
  source: fields.text('The source of the event', 'shop'),
  id: fields.text('The id of the event in its source', 'order-1001'),
  currency: fields.orNull(Currency, 'The currency of the event; null if it has none'),
  amount: fields.amount('The amount; null if it has none, as for the refund of a whole sale', '59.80').nullable(),
  waitsSince: fields.at('When it began to wait'),
};

const OutcomeBody = z
  .object({
    partner: fields.code('The code of the partner', 'paula'),
    currency: Currency,
    outcome: fields.oneOf(OUTCOMES, 'The outcome of the run for the partner', 'below_minimum'),
    payable: fields.amount('The amount that is payable to the partner', '12.00'),
    reasons: z.array(z.unknown()).meta({
      description: 'All reasons against a payment; each has a `reason`, and an `until` and a `detail` that may be null',
      examples: [[{ reason: 'below_minimum', until: null, detail: null }]],
    }),
    payoutId: fields.id('The id of the payout that pays the partner; null if there is none').nullable(),
    waitingRefunds: z
      .array(
        z.object({
          ...waitingFields,
          refundOf: fields.text('The id of the sale for which it waits', 'order-1001'),
        }),
      )
      .max(EVENTS_MAX)
      .meta({
        description: `The refunds of the partner that wait now for a sale that is not known, the first ${EVENTS_MAX}: those in the currency, and those of a whole sale. They take nothing back until that sale is sent`,
      }),
    eventsWithoutRate: z
      .array(
        z.object({
          ...waitingFields,
          rate: fields.text('The rate: its source, day and currency', 'ECB/2026-03-06/USD'),
        }),
      )
      .max(EVENTS_MAX)
      .meta({
        description: `The events of the partner that wait now for an exchange rate, the first ${EVENTS_MAX}. They earn nothing until it is recorded`,
      }),
    eventsWithoutRung: z
      .array(
        z.object({
          ...waitingFields,
          rung: fields.text('The rung: the fact that the ladder decides, and its first day', 'tier 2026-04-01'),
        }),
      )
      .max(EVENTS_MAX)
      .meta({
        description: `The events of the partner that wait now for a rung on a ladder, the first ${EVENTS_MAX}. They earn nothing until the ladder gives it`,
      }),
    ineligibleEvents: z
      .array(
        z.object({
          ...waitingFields,
          reason: fields.text('Why the partner was not eligible', 'needs certification net-1 on 2026-03-01'),
        }),
      )
      .max(EVENTS_MAX)
      .meta({
        description: `The events of the partner that wait now because the partner was not eligible, the first ${EVENTS_MAX}. They earn nothing until a person decides about them, or what is missing is recorded`,
      }),
    setAsideEvents: z
      .array(z.object(setAsideFields))
      .max(EVENTS_MAX)
      .meta({
        description: `The events of the partner that cannot be worked out now, the first ${EVENTS_MAX}: those in the currency, and those without one. They earn nothing until their cause is removed`,
      }),
  })
  .openapi('RunOutcome');

const OutcomeCursor = z.strictObject({ partnerId: RowNumber, currency: z.string().regex(/^[A-Z]{3}$/) });

const outcomes = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/outcomes',
  tags: ['runs'],
  summary: 'List the outcome of a run for each partner',
  request: { params: UuidPath, query: pageQuery(OutcomeCursor) },
  responses: {
    200: answers(pageOf(OutcomeBody), 'The outcome of the run for every partner: `paid`, or the reason why not.'),
  },
});

const Standing = z.object({
  outcome: fields.oneOf(OUTCOMES, 'The outcome of the run for the partner', 'paid'),
  payable: fields.amount('The amount that is payable to the partner', '130.00'),
});

const RunChangeBody = z
  .object({
    partner: fields.code('The code of the partner', 'paula'),
    currency: Currency,
    before: Standing.nullable().meta({
      description: 'The answer of the run before; null for a partner who is new in it',
    }),
    after: Standing.meta({ description: 'The answer of the run since then' }),
    at: fields.at('When the run changed'),
  })
  .openapi('RunChange');

const changes = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/changes',
  tags: ['runs'],
  summary: 'List what changed in a run while it was in review',
  request: { params: UuidPath, query: pageQuery(RowNumber) },
  responses: {
    200: answers(pageOf(RunChangeBody), 'The changes, the oldest first. Each one made earlier approvals void.'),
  },
});

const isIn =
  (asked: string) =>
  ({ currency }: { currency: string | null }): boolean =>
    currency === null || currency === asked;

const waitingBody = (event: WaitingEvent) => ({
  source: event.source,
  id: event.id,
  currency: event.currency,
  amount: printMainAmount(event),
  waitsSince: event.waitsSince.toISOString(),
});

/** The events of a partner that count for nothing now. */
type Idle = Readonly<Record<WaitsOn, readonly WaitingEvent[]>> & { readonly aside: readonly SetAsideEvent[] };

const outcomeBody = ({ partnerId: _id, payableMinor, ...outcome }: RunOutcome, idle: Idle) => ({
  ...outcome,
  setAsideEvents: idle.aside.filter(isIn(outcome.currency)).map(setAsideBody),
  waitingRefunds: idle.sale
    .filter(isIn(outcome.currency))
    .map((refund) => ({ ...waitingBody(refund), refundOf: refund.waitsFor })),
  eventsWithoutRate: idle.rate.map((event) => ({ ...waitingBody(event), rate: event.waitsFor })),
  eventsWithoutRung: idle.ladder.map((event) => ({ ...waitingBody(event), rung: event.waitsFor })),
  ineligibleEvents: idle.eligibility.map((event) => ({ ...waitingBody(event), reason: event.waitsFor })),
  reasons: [...outcome.reasons],
  payable: formatDecimal(money(payableMinor, outcome.currency)),
});

const changeBody = ({ partner, currency, at, ...change }: RunChangeRow) => {
  const say = (minor: bigint) => formatDecimal(money(minor, currency));
  const { beforeOutcome, beforeMinor, afterOutcome, afterMinor } = change;
  return {
    partner,
    currency,
    before: beforeOutcome === null ? null : { outcome: beforeOutcome, payable: say(beforeMinor ?? 0n) },
    after: { outcome: afterOutcome, payable: say(afterMinor) },
    at: at.toISOString(),
  };
};

/** The answers of a run for each partner, and how they changed while the run was in review. */
export const outcomeRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(outcomes, async (c) => {
      const { cursor = { partnerId: 0n, currency: '' }, limit } = c.req.valid('query');
      const { id, scheduleId } = await getRun(db, c.req.valid('param').id);
      const read = (count: number) => listOutcomes(db, id, cursor, count);
      const key = ({ partnerId, currency }: RunOutcome) => ({ partnerId, currency });
      const { items, nextCursor } = await readPage(limit, read, { key, item: (outcome) => outcome });
      const partnerIds = [...new Set(items.map(({ partnerId }) => partnerId))];
      const byPartner = <Row extends { partnerId: bigint }>(rows: readonly Row[]) => {
        const found = Map.groupBy(rows, ({ partnerId }) => partnerId);
        return ({ partnerId }: RunOutcome): readonly Row[] => found.get(partnerId) ?? [];
      };
      const waiting = async (waitsOn: WaitsOn) =>
        byPartner(await listWaiting(db, scheduleId, partnerIds, waitsOn, EVENTS_MAX));
      const [sale, rate, ladder, eligibility] = [
        await waiting('sale'),
        await waiting('rate'),
        await waiting('ladder'),
        await waiting('eligibility'),
      ];
      const aside = byPartner(await listSetAsideOf(db, scheduleId, partnerIds, EVENTS_MAX));
      const bodies = items.map((outcome) =>
        outcomeBody(outcome, {
          sale: sale(outcome),
          rate: rate(outcome),
          ladder: ladder(outcome),
          eligibility: eligibility(outcome),
          aside: aside(outcome),
        }),
      );
      return c.json({ items: bodies, nextCursor }, 200);
    })
    .openapi(changes, async (c) => {
      const { cursor = 0n, limit } = c.req.valid('query');
      const { id } = await getRun(db, c.req.valid('param').id);
      const read = (count: number) => listRunChanges(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: (change) => change.id, item: changeBody }), 200);
    });
