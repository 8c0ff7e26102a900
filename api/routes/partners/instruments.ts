import { createRoute, z } from '@hono/zod-openapi';

import { orderInstruments, withdrawInstrument } from '../../../commands/partners/instrument-order.ts';
import { addInstrument } from '../../../commands/partners/instruments.ts';
import { clearInstrument } from '../../../commands/payouts/instrument-failures.ts';
import { type Instrument, listInstruments } from '../../../db/partners/instruments.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { Country, Currency } from '../../../domain/fields.ts';
import { type Giver, GIVERS } from '../../../domain/partners/instrument.ts';
import type { Role } from '../../../domain/people/role.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { destinationOf, NewInstrumentBody } from './details.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, Method, pageOf, pageQuery, Reason, Uuid } from '../../http/schemas.ts';

const INSTRUMENTS_MAX = 50;

/** The part of an instrument that people may see. Its details are sealed, and leave the vault only for a payment. */
const InstrumentBody = z
  .object({
    id: fields.id('The id of the instrument'),
    method: Method,
    currency: fields.orNull(Currency, 'The currency of the bank account; null for other methods'),
    country: Country.meta({
      description: 'The country of the instrument: an ISO 3166-1 code of two letters',
      examples: ['DE'],
    }),
    last4: fields.text('The last four characters of the account number; empty if there is none', '3000'),
    position: fields
      .count("Its position in the partner's order, counted from 1; null once it was withdrawn", 1)
      .nullable(),
    usableFrom: fields.at('When money may go to it; the next instrument in the order stays in use until then'),
    createdAt: fields.at('When the instrument was added'),
    waitsForCall: z.boolean().meta({
      description: 'Whether nothing is paid to it before a second person called the partner back',
      examples: [false],
    }),
    givenBy: fields.oneOf(GIVERS, "Whose hands gave the details: a colleague's, or the partner's own", 'company'),
    withdrawnAt: fields.at('When it was withdrawn; null if it was not').nullable(),
    withdrawnReason: fields.text('Why it was withdrawn; null if it was not', 'The account is closed').nullable(),
    failureAdvice: fields
      .text(
        'The advice after a payment to it failed; nothing is paid to it until an operator clears this; null if nothing failed',
        'Your bank says that this account is closed, so please give us the details of another account.',
      )
      .nullable(),
    failureFields: z
      .array(
        z.object({
          field: fields.text(
            'The name of the field, as in the request that adds an instrument',
            'details.accountNumber',
          ),
          reason: fields.text(
            'The words about it, to be read after its name',
            'is refused: “Please enter a valid account number”',
          ),
        }),
      )
      .meta({ description: 'The fields that the provider named when it refused a payment; empty if it named none' }),
    sharedWith: z
      .array(fields.code('The code of another partner', 'petra'))
      .nullable()
      .meta({ description: 'The other partners who gave the same account; null for a partner who asks' }),
  })
  .openapi('Instrument');

const OrderBody = z
  .strictObject({
    instruments: z
      .array(Uuid)
      .min(1)
      .max(INSTRUMENTS_MAX)
      .meta({ description: 'The id of each instrument that was not withdrawn, in the order in which they are tried' }),
  })
  .openapi('NewInstrumentOrder');

const OrderedBody = z
  .object({ usableFrom: fields.at('When the new order begins to count') })
  .openapi('InstrumentOrder');

const InstrumentPath = CodePath.extend({ id: Uuid });
const WhyBody = jsonBody(z.strictObject({ reason: Reason }).openapi('InstrumentReason'));

const list = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/instruments',
  tags: ['instruments'],
  summary: 'List the instruments of a partner',
  request: { params: CodePath, query: pageQuery(Uuid) },
  responses: {
    200: answers(
      pageOf(InstrumentBody),
      "The instruments, the newest first. For each currency, the first usable one in the partner's order is paid to.",
    ),
  },
});

const add = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/instruments',
  tags: ['instruments'],
  summary: 'Add an instrument, to change where a partner is paid',
  request: { params: CodePath, body: jsonBody(NewInstrumentBody) },
  responses: {
    201: answers(
      InstrumentBody,
      'The instrument was added. It waits for its cooling-off days before money goes to it, unless it is the first one or corrects details before the first payment.',
    ),
  },
});

const order = createRoute({
  method: 'put',
  path: '/v1/partners/{code}/instruments/order',
  operationId: 'orderInstruments',
  tags: ['instruments'],
  summary: 'Change the order in which the instruments are tried',
  request: { params: CodePath, body: jsonBody(OrderBody) },
  responses: { 200: answers(OrderedBody, 'The order counts after the cooling-off days, because it redirects money.') },
});

const withdraw = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/instruments/{id}/withdraw',
  tags: ['instruments'],
  summary: 'Withdraw an instrument',
  request: { params: InstrumentPath, body: WhyBody },
  responses: { 200: answers(InstrumentBody, 'The instrument was withdrawn. Nothing is paid to it any longer.') },
});

const clear = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/instruments/{id}/clear',
  tags: ['instruments'],
  summary: 'Clear the failure of an instrument',
  description: 'Allows payments to the same details again, for example because the bank reopened the account.',
  request: { params: InstrumentPath, body: WhyBody },
  responses: { 200: answers(InstrumentBody, 'The instrument is paid to again.') },
});

/** The instrument as its reader may see it. A partner does not learn who else gave the same account. */
const instrumentBody =
  (role: Role) =>
  ({ usableFrom, createdAt, withdrawnAt, sharedWith, ...instrument }: Instrument) => ({
    ...instrument,
    usableFrom: usableFrom.toISOString(),
    createdAt: createdAt.toISOString(),
    withdrawnAt: withdrawnAt?.toISOString() ?? null,
    sharedWith: role === 'partner' ? null : sharedWith,
  });

export const instrumentRoutes = ({ db, vault, settings: { coolingOffDays } }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { code } = c.req.valid('param');
      const { cursor = null, limit } = c.req.valid('query');
      onlyOwn(c, code, `partner ${code}`);
      const partner = await getPartner(db, code);
      const read = (count: number) => listInstruments(db, partner.id, cursor, count);
      const item = instrumentBody(c.get('caller').role);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item }), 200);
    })
    .openapi(add, async (c) => {
      const partner = await getPartner(db, c.req.valid('param').code);
      const body = c.req.valid('json');
      const { actorId: by, role } = c.get('caller');
      const policy = { coolingOffDays, by, givenBy: giverOf(role) };
      const added = await addInstrument(
        db,
        vault,
        { partner, destination: destinationOf(body), place: body.place },
        policy,
      );
      return c.json(instrumentBody(role)(added), 201);
    })
    .openapi(order, async (c) => {
      const partner = await getPartner(db, c.req.valid('param').code);
      const { instruments } = c.req.valid('json');
      const policy = { coolingOffDays, by: c.get('caller').actorId };
      const usableFrom = await orderInstruments(db, partner, instruments, policy);
      return c.json({ usableFrom: usableFrom.toISOString() }, 200);
    })
    .openapi(withdraw, async (c) => {
      const { code, id } = c.req.valid('param');
      onlyOwn(c, code, `partner ${code}`);
      const { actorId: by, role } = c.get('caller');
      const wish = { id, reason: c.req.valid('json').reason, by };
      return c.json(instrumentBody(role)(await withdrawInstrument(db, await getPartner(db, code), wish)), 200);
    })
    .openapi(clear, async (c) => {
      const { code, id } = c.req.valid('param');
      const { actorId: by, role } = c.get('caller');
      const wish = { id, reason: c.req.valid('json').reason, by };
      return c.json(instrumentBody(role)(await clearInstrument(db, await getPartner(db, code), wish)), 200);
    });

export const giverOf = (role: Role): Giver => (role === 'partner' ? 'partner' : 'company');
