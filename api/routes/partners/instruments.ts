import { createRoute, z } from '@hono/zod-openapi';

import { addInstrument } from '../../../commands/partners/instruments.ts';
import { type Instrument, listInstruments } from '../../../db/partners/instruments.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { Country, Currency } from '../../../domain/fields.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { NewInstrumentBody } from './details.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, Method, pageOf, pageQuery, Uuid } from '../../http/schemas.ts';

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
    usableFrom: fields.at("When money may go to it; the partner's payouts wait until then"),
    createdAt: fields.at('When the instrument was added'),
  })
  .openapi('Instrument');

const list = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/instruments',
  tags: ['instruments'],
  summary: 'List the instruments of a partner',
  request: { params: CodePath, query: pageQuery(Uuid) },
  responses: {
    200: answers(
      pageOf(InstrumentBody),
      'The instruments, the newest first. For each currency, the newest instrument that can receive it counts.',
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
      'The instrument was added. Unless it is the first one, it waits for its cooling-off days before money goes to it.',
    ),
  },
});

const instrumentBody = ({ usableFrom, createdAt, ...instrument }: Instrument) => ({
  ...instrument,
  usableFrom: usableFrom.toISOString(),
  createdAt: createdAt.toISOString(),
});

export const instrumentRoutes = ({ db, vault, settings: { coolingOffDays } }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { code } = c.req.valid('param');
      const { cursor = null, limit } = c.req.valid('query');
      onlyOwn(c, code, `partner ${code}`);
      const partner = await getPartner(db, code);
      const read = (count: number) => listInstruments(db, partner.id, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: instrumentBody }), 200);
    })
    .openapi(add, async (c) => {
      const partner = await getPartner(db, c.req.valid('param').code);
      const payee = { partner, destination: c.req.valid('json') };
      const added = await addInstrument(db, vault, payee, { coolingOffDays, by: c.get('caller').actorId });
      return c.json(instrumentBody(added), 201);
    });
