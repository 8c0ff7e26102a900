import { createRoute, z } from '@hono/zod-openapi';

import { type FlaggedPayout, listFlagged } from '../../../db/runs/flags.ts';
import { getRun } from '../../../db/runs/runs.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { PAYOUT_FLAGS } from '../../../domain/runs/flag.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, Uuid, UuidPath } from '../../http/schemas.ts';

const FLAG =
  'The reason to look: the partner was never paid before (`first_payment`), the last payout went to another account (`changed_details`), the details came within 60 days after the e-mail address of the partner changed (`changed_contact`), or another partner gave the same account (`shared_account`)';

export const FlagCount = z.object({
  flag: fields.oneOf(PAYOUT_FLAGS, FLAG, 'changed_details'),
  count: fields.count('The number of payouts', 3),
});

const FlaggedPayoutBody = z
  .object({
    payoutId: fields.id('The id of the payout'),
    partner: fields.code('The code of the partner', 'paula'),
    currency: Currency,
    net: fields.amount('The amount of the payout'),
    flags: z.array(fields.oneOf(PAYOUT_FLAGS, FLAG, 'changed_details')).meta({ description: 'The reasons to look' }),
    sharedWith: z
      .array(fields.code('The code of a partner', 'pedro'))
      .meta({ description: 'The other partners who gave the same account, at most five' }),
  })
  .openapi('FlaggedPayout');

const list = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/flags',
  tags: ['runs'],
  summary: 'List the payouts of a run that an approver should look at',
  request: { params: UuidPath, query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(FlaggedPayoutBody), 'The flagged payouts, in the order of their ids.') },
});

const flaggedBody = ({ id, netMinor, ...payout }: FlaggedPayout) => ({
  ...payout,
  payoutId: id,
  net: formatDecimal(money(netMinor, payout.currency)),
});

export const flagRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(list, async (c) => {
    const { cursor = null, limit } = c.req.valid('query');
    const { id: runId } = await getRun(db, c.req.valid('param').id);
    const read = (count: number) => listFlagged(db, runId, cursor, count);
    return c.json(await readPage(limit, read, { key: ({ id }) => id, item: flaggedBody }), 200);
  });
