import { createRoute, z } from '@hono/zod-openapi';

import { listUncollected, type Uncollected } from '../../../db/earnings/uncollected.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { Code, Unit } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, pageOf, pageQuery } from '../../http/schemas.ts';

const UncollectedBody = z
  .object({
    program: fields.code('The code of the program', 'resale'),
    currency: Unit,
    amount: fields.amount('The amount that the partner earns when all of it is paid', '70.00'),
    events: fields.count('How many events are not paid in full', 3),
  })
  .openapi('Uncollected');

const list = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/uncollected',
  tags: ['partners'],
  summary: 'List what a partner earns when customers have paid',
  description:
    'Incentives with `release` `collected` are earned as far as an event was paid, as events of the kind `collected` say. An incentive with a window counts what is collected, and is not in this list.',
  request: { params: CodePath, query: pageQuery(z.strictObject({ program: Code, currency: Unit })) },
  responses: { 200: answers(pageOf(UncollectedBody), 'The amounts that wait for payments, by program and currency.') },
});

const uncollectedBody = ({ minor, ...waiting }: Uncollected) => ({
  ...waiting,
  amount: formatDecimal(money(minor, waiting.currency)),
});

export const uncollectedRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(list, async (c) => {
    const { code } = c.req.valid('param');
    const { cursor = null, limit } = c.req.valid('query');
    onlyOwn(c, code, `partner ${code}`);
    const { id } = await getPartner(db, code);
    const read = (count: number) => listUncollected(db, id, cursor, count);
    const key = ({ program, currency }: Uncollected) => ({ program, currency });
    return c.json(await readPage(limit, read, { key, item: uncollectedBody }), 200);
  });
