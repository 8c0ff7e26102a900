import { createRoute, z } from '@hono/zod-openapi';

import {
  addPayer,
  getPayer,
  listPayerGateways,
  listPayers,
  type Payer,
  type PayerGateway,
} from '../../../db/payers/payers.ts';
import { setPayerGateway } from '../../../commands/payers/set-gateway.ts';
import { Code, Currency } from '../../../domain/fields.ts';
import { DORMANCY_YEARS_MAX } from '../../../domain/checks/dormancy.ts';
import { GATEWAYS, GATEWAYS_FOR, type Method as MethodName } from '../../../domain/rails.ts';
import { Failure } from '../../../domain/errors.ts';
import { checkAccountNumber, whyNotPayerAccount } from '../../../gateways/accounts.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePageQuery,
  CodePath,
  Country,
  jsonBody,
  Line,
  Method,
  Name,
  pageOf,
  PostalAddress,
} from '../../http/schemas.ts';

const PayerBody = z.strictObject({
  code: Code,
  name: Name,
  country: Country,
  currency: Currency,
  /** Printed on checks. */
  address: PostalAddress.optional(),
});

const PayerAnswer = z
  .object({
    code: z.string(),
    name: z.string(),
    country: z.string(),
    currency: Currency,
    address: PostalAddress.nullable(),
    createdAt: z.string(),
  })
  .openapi('Payer');

const GatewayAnswer = z
  .object({ method: Method, gateway: z.enum(GATEWAYS), accountRef: z.string(), updatedAt: z.string() })
  .openapi('PayerGateway');

const PayerWithGateways = PayerAnswer.extend({ gateways: z.array(GatewayAnswer) });

const SETTINGS_LENGTH_MAX = 4000;
const CHECK_NUMBER_MAX = 9_999_999_999;

const GatewayBody = z.strictObject({
  gateway: z.enum(GATEWAYS),
  /** A name of the account that gives no number away. */
  accountRef: Line(60).regex(/^(?!.*\d{5})/, 'shows more than four digits of an account in a row'),
  settings: z
    .record(z.string().max(60), z.json())
    .refine((settings) => JSON.stringify(settings).length <= SETTINGS_LENGTH_MAX, 'is too long')
    .openapi({ type: 'object', additionalProperties: true }),
  /** For checks: where the account's numbers begin. Of an account that is known they go on as they are. */
  checkNumberNext: z.int().min(1).max(CHECK_NUMBER_MAX).optional(),
  /** For checks: how long after its date one that nobody cashes is presumed abandoned; 3 years unless said. */
  dormancyYears: z.int().min(1).max(DORMANCY_YEARS_MAX).optional(),
});

const list = createRoute({
  method: 'get',
  path: '/v1/payers',
  tags: ['payers'],
  summary: 'List the payers',
  request: { query: CodePageQuery },
  responses: { 200: answers(pageOf(PayerAnswer), 'The legal entities that pay') },
});

const add = createRoute({
  method: 'post',
  path: '/v1/payers',
  tags: ['payers'],
  summary: 'Add a payer',
  request: { body: jsonBody(PayerBody) },
  responses: { 201: answers(PayerAnswer, 'Added'), 409: problemResponse('The code is taken') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/payers/{code}',
  tags: ['payers'],
  summary: 'Get a payer and how it pays',
  request: { params: CodePath },
  responses: { 200: answers(PayerWithGateways, 'The payer and how it pays') },
});

const setGateway = createRoute({
  method: 'put',
  path: '/v1/payers/{code}/gateways/{method}',
  tags: ['payers'],
  summary: 'Say which gateway carries a method',
  request: { params: CodePath.extend({ method: Method }), body: jsonBody(GatewayBody) },
  responses: {
    200: answers(GatewayAnswer, 'The gateway that carries this method from now on; its settings are never shown'),
  },
});

const payerAnswer = ({ code, name, country, currency, address, createdAt }: Payer) => ({
  code,
  name,
  country,
  currency,
  address,
  createdAt: createdAt.toISOString(),
});

const gatewayAnswer = (gateway: PayerGateway) => ({ ...gateway, updatedAt: gateway.updatedAt.toISOString() });

export const payerRoutes = ({ db, vault }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const page = await readPage(limit, (count) => listPayers(db, cursor, count), {
        key: ({ code }) => code,
        item: payerAnswer,
      });
      return c.json(page, 200);
    })
    .openapi(add, async (c) => {
      const { address = null, ...payer } = c.req.valid('json');
      return c.json(payerAnswer(await addPayer(db, { ...payer, address }, c.get('caller').actorId)), 201);
    })
    .openapi(get, async (c) => {
      const payer = await getPayer(db, c.req.valid('param').code);
      const gateways = (await listPayerGateways(db, payer.id)).map(gatewayAnswer);
      return c.json({ ...payerAnswer(payer), gateways }, 200);
    })
    .openapi(setGateway, async (c) => {
      const { code, method } = c.req.valid('param');
      const body = c.req.valid('json');
      refuseWrongGateway(method, body);
      const { gateway, accountRef } = body;
      const settings = { gateway, accountRef, settings: body.settings, method, checkAccount: checkAccountOf(body) };
      const set = await setPayerGateway(db, vault, await getPayer(db, code), settings, c.get('caller').actorId);
      return c.json(gatewayAnswer(set), 200);
    });

/** Settings that cannot pay are refused when they are set, with every field that is wrong. */
function refuseWrongGateway(
  method: MethodName,
  { gateway, settings, checkNumberNext, dormancyYears }: z.output<typeof GatewayBody>,
): void {
  const isNumbered = method === 'check';
  const details = [
    ...(GATEWAYS_FOR[method].includes(gateway) ? [] : [{ field: 'gateway', reason: `does not carry ${method}` }]),
    ...whyNotPayerAccount(gateway, settings).map(({ field, reason }) => ({ field: `settings.${field}`, reason })),
    ...(isNumbered === (checkNumberNext !== undefined)
      ? []
      : [
          {
            field: 'checkNumberNext',
            reason: isNumbered ? 'is needed for checks' : 'is for checks only',
          },
        ]),
    ...(dormancyYears === undefined || isNumbered ? [] : [{ field: 'dormancyYears', reason: 'is for checks only' }]),
  ];
  if (details.length > 0)
    throw new Failure('invalid_input', `Nothing was changed: ${method} cannot be paid with these settings.`, {
      details,
    });
}

/** The account that the checks are drawn on, by which its numbers go on even where it is called otherwise. */
function checkAccountOf({ gateway, settings, checkNumberNext, dormancyYears }: z.output<typeof GatewayBody>) {
  const accountNumber = checkAccountNumber(gateway, settings);
  if (accountNumber === null || checkNumberNext === undefined) return null;
  return { accountNumber, numberNext: BigInt(checkNumberNext), dormancyYears: dormancyYears ?? null };
}
