import { createRoute, z } from '@hono/zod-openapi';

import type { Database } from '../../../db/database.ts';
import { listPartnerPayability, type Payability } from '../../../db/payouts/payability.ts';
import { listPartnerSchedules, type Schedule } from '../../../db/payers/schedules.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { explainStanding } from '../../../domain/payouts/payability.ts';
import { OUTCOMES } from '../../../domain/payouts/outcome.ts';
import { nextPeriods, payDate } from '../../../domain/payers/schedule.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { onlyOwn } from '../../http/auth.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, Method } from '../../http/schemas.ts';

const ReasonAnswer = z.object({
  reason: z.enum(OUTCOMES),
  /** What it means and what ends it, for the partner to read. */
  words: z.string(),
  until: z.string().nullable().openapi({
    description: 'The local date on which it ends; null where it does not end by itself',
  }),
  detail: z.string().nullable(),
});

/** What a partner is to be paid next, and if nothing, why not and until when. */
export const PayabilityAnswer = z
  .object({
    items: z.array(
      z.object({
        schedule: z.string(),
        cutoff: z.string().openapi({ description: 'The local date of the next cut-off' }),
        payOn: z.string().openapi({ description: 'When what is free by then is paid' }),
        currency: z.string(),
        payable: z.string(),
        held: z.string(),
        reserved: z.string().openapi({ description: 'In a payout that is not settled' }),
        minimum: z.string(),
        nextAvailableOn: z.string().nullable(),
        nextPayOn: z.string().nullable().openapi({
          description: 'The first date on which money can move; null while somebody has to act, or earn, first',
        }),
        method: Method.nullable(),
        outcome: z.enum(OUTCOMES),
        reasons: z.array(ReasonAnswer),
      }),
    ),
  })
  .openapi('Payability');

/** Asks the one view that decides, for each schedule of a partner, as of its next cut-off. */
export async function readPayability(db: Database, partnerId: bigint): Promise<z.output<typeof PayabilityAnswer>> {
  const nowMs = Date.now();
  const schedules = await listPartnerSchedules(db, partnerId);
  const items = await Promise.all(schedules.map((schedule) => itemsOf(db, schedule, partnerId, nowMs)));
  return { items: items.flat() };
}

async function itemsOf(db: Database, schedule: Schedule, partnerId: bigint, nowMs: number) {
  const [next] = nextPeriods(schedule, nowMs, 1);
  if (!next) return [];
  const rows = await listPartnerPayability(db, schedule.id, next.end, partnerId);
  const when = { schedule: schedule.code, cutoff: next.end, payOn: payDate(schedule, next.end) };
  return rows.map((row) => ({ ...when, ...itemOf(row, schedule, nowMs) }));
}

function itemOf(row: Payability, schedule: Schedule, nowMs: number) {
  const { currency, nextAvailableOn, method, outcome } = row;
  const of = (minor: bigint) => money(minor, currency);
  const [payable, reserved, minimum] = [of(row.payableMinor), of(row.reservedMinor), of(row.minimumMinor)];
  const standing = { payable, reserved, minimum, nextAvailableOn, method, reasons: row.reasons };
  return {
    currency,
    payable: formatDecimal(payable),
    held: formatDecimal(of(row.heldMinor)),
    reserved: formatDecimal(reserved),
    minimum: formatDecimal(minimum),
    nextAvailableOn,
    method,
    outcome,
    ...explainStanding(standing, schedule, nowMs),
  };
}

const payability = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/payability',
  tags: ['partners'],
  summary: 'Ask why a partner is not paid yet',
  request: { params: CodePath },
  responses: {
    200: answers(PayabilityAnswer, 'What the partner will be paid next, and if nothing, why not and until when'),
  },
});

/** Why a partner is not paid yet. Partners ask the same of themselves under `/v1/me`. */
export const payabilityRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(payability, async (c) => {
    const { code } = c.req.valid('param');
    onlyOwn(c, code, `partner ${code}`);
    const partner = await getPartner(db, code);
    return c.json(await readPayability(db, partner.id), 200);
  });
