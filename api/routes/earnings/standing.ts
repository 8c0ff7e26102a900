import { createRoute, z } from '@hono/zod-openapi';

import { listLadderStandings, type PartnerLadder } from '../../../db/earnings/ladder-standing.ts';
import { listStandings, type PartnerStanding } from '../../../db/earnings/standing.ts';
import { budgetNameOf } from '../../../domain/earnings/budget-name.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { addDays } from '../../../domain/calendar.ts';
import { Unit } from '../../../domain/fields.ts';
import { sayLadder, sayStanding } from '../../../domain/earnings/standing-words.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { onlyOwn, partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';

const StandingBody = z
  .object({
    program: fields.code('The code of the program', 'resale'),
    incentive: fields.text('The incentive', 'growth'),
    window: fields.text('The kind of window', 'quarter'),
    from: fields.day('The first day of the window'),
    until: fields.day('The last day of the window; null if it has no end').nullable(),
    group: fields.text('The value of the attribute by which events are counted apart; empty if they are not', 'EMEA'),
    currency: Unit,
    volume: fields.text('The measure so far', '82000.00 USD'),
    quota: fields
      .text(
        'The quota that it is compared with; `none` if none is set, and null if it is compared with none',
        '100000.00 USD',
      )
      .nullable(),
    share: fields
      .text(
        'The measure as a percentage of what all partners reached who divide the pool; null if no pool is divided',
        '20 %',
      )
      .nullable(),
    earned: fields.amount('The amount that has been earned', '1230.00'),
    worth: fields.amount(
      'The amount that the window is worth so far; it is earned when the window is closed',
      '1230.00',
    ),
    budget: fields.text('The budget that pays it; null if none does', 'spring-spiff').nullable(),
    unfunded: fields
      .amount('The part of the worth that the budget had too little left to pay; null if it has no budget', '0.00')
      .nullable(),
    closesOn: fields
      .day('The day on which the window is closed and earned; null if it is earned as it goes')
      .nullable(),
    isOver: z.boolean().meta({ description: 'Whether the window has ended' }),
    next: z
      .object({
        at: fields.text('The measure at which the next step begins', '100000.00 USD'),
        missing: fields.text('The part that is still missing', '18000.00 USD'),
        worth: fields
          .amount('The amount that the window is worth there; null if that depends on other amounts too', '1500.00')
          .nullable(),
      })
      .nullable()
      .meta({ description: 'The next step; null if there is none' }),
    words: fields.text(
      'The standing as a sentence for the partner',
      '82000.00 USD of 100000.00 USD; 18000.00 USD more by 2026-12-31 makes it worth 1500.00 USD.',
    ),
  })
  .openapi('Standing');

const LadderBody = z
  .object({
    program: fields.code('The code of the program', 'resale'),
    fact: fields.text('The fact that the ladder decides', 'tier'),
    now: fields.text('The value that holds today; null if none does', 'bronze').nullable(),
    window: fields.text('The kind of window', 'quarter'),
    from: fields.day('The first day of the window that is counted', '2026-10-01'),
    until: fields.day('The last day of that window', '2026-12-31'),
    volume: fields.text('The volume so far', '42000.00 USD'),
    value: fields.text('The rung that the volume is enough for so far', 'bronze'),
    agreed: fields
      .text(
        'The value that a person has recorded for the days after the window, and that stays; otherwise null',
        'gold',
      )
      .nullable(),
    holdsFrom: fields.day('The first day on which the rung by this window holds', '2027-01-01'),
    next: z
      .object({
        value: fields.text('The next rung', 'silver'),
        at: fields.text('The volume at which it begins', '50000.00 USD'),
        missing: fields.text('The part that is still missing', '8000.00 USD'),
      })
      .nullable()
      .meta({ description: 'The next rung; null on the highest' }),
    words: fields.text(
      'The standing as a sentence for the partner',
      '42000.00 USD of 50000.00 USD; 8000.00 USD more by 2026-12-31 makes you silver from 2027-01-01.',
    ),
  })
  .openapi('LadderStanding');

const StandingsBody = pageOf(StandingBody)
  .extend({
    ladders: z
      .array(LadderBody)
      .meta({ description: 'The ladders of the programs, on the first page; empty on later pages' }),
  })
  .openapi('Standings');

const query = { query: pageQuery(RowNumber) };

const list = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/standing',
  operationId: 'listStandings',
  tags: ['events'],
  summary: 'List where a partner stands in each window',
  request: { params: CodePath, ...query },
  responses: {
    200: answers(StandingsBody, 'The ladders, and the windows, the newest first, with the next step of each.'),
  },
});

const listMine = createRoute({
  method: 'get',
  path: '/v1/me/standing',
  operationId: 'listMyStandings',
  tags: ['me'],
  summary: 'List where you stand in each window',
  request: query,
  responses: {
    200: answers(StandingsBody, 'Your ladders, and your windows, the newest first, with the next step of each.'),
  },
});

function ladderBody(one: PartnerLadder) {
  const { ladder, window, now, agreed, standing } = one;
  return {
    program: ladder.program,
    fact: ladder.fact,
    now,
    window: window.terms.window,
    from: window.start,
    until: addDays(window.from, -1),
    ...standing,
    agreed,
    holdsFrom: window.from,
    words: sayLadder(one),
  };
}

function standingBody(standing: PartnerStanding) {
  const { program, scope, volume, quota, share, worthMinor, lastDay, isOver, next } = standing;
  const print = (minor: bigint) => formatDecimal(money(minor, scope.currency));
  const budget = budgetNameOf(scope);
  return {
    program,
    incentive: scope.incentiveId,
    window: scope.window,
    from: scope.start,
    until: lastDay,
    group: scope.group,
    currency: scope.currency,
    volume,
    quota,
    share,
    earned: print(scope.earnedMinor),
    worth: print(worthMinor),
    budget: budget ?? null,
    unfunded: budget === undefined ? null : print(scope.unfundedMinor),
    closesOn: scope.closesOn,
    isOver,
    next: next && {
      at: next.at,
      missing: next.missing,
      worth: next.worthMinor === null ? null : print(next.worthMinor),
    },
    words: sayStanding(standing),
  };
}

/** A partner's place in windows that are not over yet, and in those that are. */
export const standingRoutes = ({ db }: Pick<ApiDeps, 'db'>) => {
  const page = async (
    partnerId: bigint,
    { cursor = null, limit }: { cursor?: bigint | null | undefined; limit: number },
  ) => {
    const windows = await readPage(limit, (count) => listStandings(db, partnerId, cursor, count), {
      key: ({ id }) => id,
      item: standingBody,
    });
    const ladders = cursor === null ? await listLadderStandings(db, partnerId, Date.now()) : [];
    return { ...windows, ladders: ladders.map(ladderBody) };
  };
  return createRouter()
    .openapi(list, async (c) => {
      const { code } = c.req.valid('param');
      onlyOwn(c, code, `partner ${code}`);
      const { id } = await getPartner(db, code);
      return c.json(await page(id, c.req.valid('query')), 200);
    })
    .openapi(listMine, async (c) => c.json(await page(partnerOf(c.get('caller')).id, c.req.valid('query')), 200));
};
