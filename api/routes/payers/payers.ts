import { createRoute, z } from '@hono/zod-openapi';

import { addPayer, changePayer } from '../../../commands/payers/payers.ts';
import { setPayerGateway } from '../../../commands/payers/set-gateway.ts';
import { getPayer, listPayerGateways, listPayers, type Payer, type PayerGateway } from '../../../db/payers/payers.ts';
import { Code, Country, Currency, Line } from '../../../domain/fields.ts';
import { whyNotAddress } from '../../../domain/partners/postal-rules.ts';
import { DORMANCY_YEARS_MAX } from '../../../domain/checks/dormancy.ts';
import { GATEWAYS } from '../../../domain/rails.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { readSettings } from '../../http/payer-settings.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePageQuery,
  CodePath,
  jsonBody,
  Method,
  Name,
  namesSomething,
  pageOf,
  PostalAddress,
} from '../../http/schemas.ts';

const ADDRESS = 'The postal address that is printed on checks';
const COUNTRY = 'The country of the payer: an ISO 3166-1 code of two letters';

const PayerAddress = PostalAddress.superRefine((address, context) => {
  for (const { field, reason } of whyNotAddress(address))
    context.addIssue({ code: 'custom', path: [field], message: reason });
}).openapi({ description: ADDRESS });

export const NewPayerBody = z
  .strictObject({
    code: Code.meta({ description: "The payer's code, which never changes", examples: ['acme'] }),
    name: Name.meta({ description: 'The legal name, as it is printed on checks', examples: ['Acme Inc'] }),
    country: Country.meta({ description: COUNTRY, examples: ['US'] }),
    currency: Currency,
    address: PayerAddress.optional(),
  })
  .openapi('NewPayer');

export const PayerChange = z
  .strictObject({
    name: Name.meta({ description: 'The legal name, as it is printed on checks', examples: ['Acme Inc'] }).optional(),
    address: PayerAddress.optional(),
  })
  .refine(namesSomething, 'names nothing to change')
  .openapi('PayerChange');

const PayerBody = z
  .object({
    code: fields.code("The payer's code", 'acme'),
    name: fields.text('The legal name', 'Acme Inc'),
    country: fields.text(COUNTRY, 'US'),
    currency: Currency,
    address: fields.orNull(PostalAddress, `${ADDRESS}; null if none is known`),
    createdAt: fields.at('When the payer was added'),
  })
  .openapi('Payer');

const ACCOUNT_REF = 'A name of the account that shows at most four of its digits in a row';

const GatewayBody = z
  .object({
    method: Method,
    gateway: fields.oneOf(GATEWAYS, 'The gateway that carries the method', 'wise'),
    accountRef: fields.text(ACCOUNT_REF, 'Wise business'),
    updatedAt: fields.at('When the gateway was set'),
  })
  .openapi('PayerGateway');

const PayerWithGateways = PayerBody.extend({
  gateways: z.array(GatewayBody).meta({ description: 'The gateway of each method that the payer offers' }),
}).openapi('PayerDetail');

const SETTINGS_LENGTH_MAX = 4000;
const CHECK_NUMBER_MAX = 9_999_999_999;

/** The account that pays. The gateway itself reads the settings, after it is clear that it carries the method. */
const accountOf = (settings: string, accountRef: string) => ({
  accountRef: Line(60)
    .regex(/^(?!.*\d{5})/, 'shows more than four digits of an account in a row')
    .meta({ description: ACCOUNT_REF, examples: [accountRef] }),
  settings: z
    .record(z.string().max(60), z.json())
    .refine((given) => JSON.stringify(given).length <= SETTINGS_LENGTH_MAX, 'is too long')
    .openapi({ type: 'object', allOf: [{ $ref: `#/components/schemas/${settings}` }] }),
});

const CHECKS = {
  checkNumberNext: z
    .int('is required for checks')
    .min(1)
    .max(CHECK_NUMBER_MAX)
    .meta({
      description:
        "The first number for the account's checks; an account that Bursar already knows continues with its next number",
      examples: [1001],
    }),
  dormancyYears: z
    .int()
    .min(1)
    .max(DORMANCY_YEARS_MAX)
    .meta({
      description:
        'The number of years from its date until a check that nobody cashes is presumed abandoned; 3 by default',
      examples: [3],
    })
    .optional(),
};

const ofGateway = <Name extends (typeof GATEWAYS)[number]>(gateway: Name, description: string) =>
  z.literal(gateway).meta({ description });

export const NewGatewayBody = z
  .discriminatedUnion('gateway', [
    z
      .strictObject({
        gateway: ofGateway('wise', 'Bank transfers through Wise'),
        ...accountOf('WiseSettings', 'Wise business'),
      })
      .openapi('NewWiseGateway'),
    z
      .strictObject({
        gateway: ofGateway('paypal', 'Payments through PayPal'),
        ...accountOf('PayPalSettings', 'PayPal US'),
      })
      .openapi('NewPayPalGateway'),
    z
      .strictObject({
        gateway: ofGateway('lob', 'Checks that Lob prints and mails'),
        ...accountOf('LobSettings', 'Operating account'),
        ...CHECKS,
      })
      .openapi('NewLobGateway'),
    z
      .strictObject({
        gateway: ofGateway('printed-check', 'Checks that you print and mail yourself'),
        ...accountOf('PrintedCheckSettings', 'Operating account'),
        ...CHECKS,
      })
      .openapi('NewPrintedCheckGateway'),
  ])
  .openapi('NewPayerGateway', { description: 'The gateway that carries a method, with the settings that it needs' })
  .transform((body) => ({ checkNumberNext: undefined, dormancyYears: undefined, ...body }));

const list = createRoute({
  method: 'get',
  path: '/v1/payers',
  tags: ['payers'],
  summary: 'List the payers',
  request: { query: CodePageQuery },
  responses: { 200: answers(pageOf(PayerBody), 'The legal entities that pay, in the order of their codes.') },
});

const add = createRoute({
  method: 'post',
  path: '/v1/payers',
  tags: ['payers'],
  summary: 'Add a payer',
  request: { body: jsonBody(NewPayerBody) },
  responses: { 201: answers(PayerBody, 'The payer was added.'), 409: problemResponse('The code is taken.') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/payers/{code}',
  tags: ['payers'],
  summary: 'Get a payer and how it pays',
  request: { params: CodePath },
  responses: { 200: answers(PayerWithGateways, 'The payer, and the gateway of each method.') },
});

const change = createRoute({
  method: 'patch',
  path: '/v1/payers/{code}',
  tags: ['payers'],
  summary: 'Change a payer',
  description: 'Changes the name or the address that are printed on checks. Checks that were drawn keep theirs.',
  request: { params: CodePath, body: jsonBody(PayerChange) },
  responses: { 200: answers(PayerBody, 'The payer was changed.') },
});

const setGateway = createRoute({
  method: 'put',
  path: '/v1/payers/{code}/gateways/{method}',
  tags: ['payers'],
  summary: 'Set the gateway that carries a method',
  description:
    'Sets the gateway and its settings. Settings that could not work are refused. Accepted settings are sealed and never shown again.',
  request: { params: CodePath.extend({ method: Method }), body: jsonBody(NewGatewayBody) },
  responses: {
    200: answers(GatewayBody, 'The gateway carries this method from now on.'),
    409: problemResponse('Another payer draws its checks on this account. Nothing was changed.'),
  },
});

const payerBody = ({ code, name, country, currency, address, createdAt }: Payer) => ({
  code,
  name,
  country,
  currency,
  address,
  createdAt: createdAt.toISOString(),
});

const gatewayBody = (gateway: PayerGateway) => ({ ...gateway, updatedAt: gateway.updatedAt.toISOString() });

/** A gateway as it was asked for, after it read its settings itself. */
export const gatewayWishOf = (
  method: PayerGateway['method'],
  { checkNumberNext, dormancyYears, ...body }: z.output<typeof NewGatewayBody>,
) => ({
  ...body,
  method,
  reading: readSettings(body.gateway, body.settings),
  checkNumberNext: checkNumberNext === undefined ? null : BigInt(checkNumberNext),
  dormancyYears: dormancyYears ?? null,
});

export const payerRoutes = ({ db, vault }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const page = await readPage(limit, (count) => listPayers(db, cursor, count), {
        key: ({ code }) => code,
        item: payerBody,
      });
      return c.json(page, 200);
    })
    .openapi(add, async (c) => {
      const { address = null, ...payer } = c.req.valid('json');
      return c.json(payerBody(await addPayer(db, { ...payer, address }, c.get('caller').actorId)), 201);
    })
    .openapi(get, async (c) => {
      const payer = await getPayer(db, c.req.valid('param').code);
      const gateways = (await listPayerGateways(db, payer.id)).map(gatewayBody);
      return c.json({ ...payerBody(payer), gateways }, 200);
    })
    .openapi(change, async (c) => {
      const { code } = c.req.valid('param');
      return c.json(payerBody(await changePayer(db, code, c.req.valid('json'), c.get('caller').actorId)), 200);
    })
    .openapi(setGateway, async (c) => {
      const { code, method } = c.req.valid('param');
      const wish = gatewayWishOf(method, c.req.valid('json'));
      const by = { by: c.get('caller').actorId };
      const set = await setPayerGateway(db, vault, await getPayer(db, code), wish, by);
      return c.json(gatewayBody(set), 200);
    });
