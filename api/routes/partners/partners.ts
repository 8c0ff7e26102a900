import { createRoute, z } from '@hono/zod-openapi';

import {
  addPartner,
  addPartners,
  changePartner,
  holdPartner,
  type Newcomer,
  releasePartner,
} from '../../../commands/partners/partners.ts';
import { getPartner, listPartners, type Partner } from '../../../db/partners/partners.ts';
import { PARTNER_KINDS } from '../../../domain/partners/kind.ts';
import { Code, Country } from '../../../domain/fields.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { destinationOf, NewInstrumentBody } from './details.ts';
import { NewcomerFactBody } from './facts.ts';
import { giverOf } from './instruments.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePageQuery,
  CodePath,
  Email,
  jsonBody,
  Name,
  namesSomething,
  pageOf,
  Reason,
} from '../../http/schemas.ts';
import { NewAgreementBody } from './agreements.ts';

const BATCH_MAX = 500;
const AGREEMENTS_MAX = 20;
const FACTS_MAX = 50;

const EMAIL = 'The e-mail address for notices about payouts';
const COUNTRY = 'The country where the partner lives or is registered: an ISO 3166-1 code of two letters';

export const NewPartnerBody = z
  .strictObject({
    code: Code.meta({ description: "The partner's code, which never changes", examples: ['paula'] }),
    name: Name.meta({ description: "The partner's name", examples: ['Paula Partner'] }),
    kind: fields.oneOf(PARTNER_KINDS, 'The kind of partner', 'reseller'),
    email: Email.meta({ description: EMAIL, examples: ['paula@example.com'] }).optional(),
    country: Country.meta({ description: COUNTRY, examples: ['US'] }),
    agreements: z
      .array(NewAgreementBody)
      .max(AGREEMENTS_MAX)
      .default([])
      .meta({ description: `The programs that the partner joins, up to ${AGREEMENTS_MAX}` }),
    facts: z
      .array(NewcomerFactBody)
      .max(FACTS_MAX)
      .default([])
      .meta({ description: `The facts about the partner, up to ${FACTS_MAX}, such as those that a program needs` }),
    instrument: NewInstrumentBody.optional(),
  })
  .openapi('NewPartner');
export type NewPartnerBody = z.output<typeof NewPartnerBody>;

const NewBatchBody = z
  .strictObject({
    partners: z
      .array(NewPartnerBody)
      .min(1)
      .max(BATCH_MAX)
      .refine((partners) => new Set(partners.map(({ code }) => code)).size === partners.length, 'names a code twice')
      .meta({ description: `1 to ${BATCH_MAX} partners; all are added, or none` }),
  })
  .openapi('NewPartners');

const BatchBody = z
  .object({ added: fields.count('The number of partners that were added', 120) })
  .openapi('AddedPartners');

const PartnerBody = z
  .object({
    code: fields.code("The partner's code", 'paula'),
    name: fields.text("The partner's name", 'Paula Partner'),
    kind: fields.oneOf(PARTNER_KINDS, 'The kind of partner', 'reseller'),
    email: fields.text(`${EMAIL}; null if none is known`, 'paula@example.com').nullable(),
    country: fields.text(COUNTRY, 'US'),
    onHoldReason: fields
      .text('The reason why the partner is on hold; null if the partner is not on hold', 'A dispute is open')
      .nullable(),
    mergedInto: fields
      .code('The code of the partner who goes on for this one; null if the partner was not merged', 'paula')
      .nullable(),
    mergedFrom: z.array(fields.code('The code of a merged partner', 'paula-old')).meta({
      description: 'The codes of the partners who were merged into this one. Each of them finds this partner',
    }),
    createdAt: fields.at('When the partner was added'),
  })
  .openapi('Partner');

const list = createRoute({
  method: 'get',
  path: '/v1/partners',
  tags: ['partners'],
  summary: 'List the partners',
  request: { query: CodePageQuery },
  responses: { 200: answers(pageOf(PartnerBody), 'The partners, in the order of their codes.') },
});

const add = createRoute({
  method: 'post',
  path: '/v1/partners',
  tags: ['partners'],
  summary: 'Add a partner',
  request: { body: jsonBody(NewPartnerBody) },
  responses: { 201: answers(PartnerBody, 'The partner was added.'), 409: problemResponse('The code is taken.') },
});

const addBatch = createRoute({
  method: 'post',
  path: '/v1/partners/batch',
  operationId: 'addPartners',
  tags: ['partners'],
  summary: 'Add many partners at once',
  request: { body: jsonBody(NewBatchBody) },
  responses: {
    201: answers(BatchBody, 'All partners were added.'),
    409: problemResponse('A code is taken. None was added.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/partners/{code}',
  tags: ['partners'],
  summary: 'Get a partner',
  request: { params: CodePath },
  responses: { 200: answers(PartnerBody, 'The partner.') },
});

const PartnerChange = z
  .strictObject({
    name: Name.meta({ description: "The partner's name", examples: ['Paula Partner'] }).optional(),
    email: Email.nullable()
      .meta({ description: `${EMAIL}; null stops the notices`, examples: ['paula@example.com'] })
      .optional(),
    country: Country.meta({ description: COUNTRY, examples: ['US'] }).optional(),
  })
  .refine(namesSomething, 'names nothing to change')
  .openapi('PartnerChange');

const change = createRoute({
  method: 'patch',
  path: '/v1/partners/{code}',
  tags: ['partners'],
  summary: 'Change a partner',
  request: { params: CodePath, body: jsonBody(PartnerChange) },
  responses: { 200: answers(PartnerBody, 'The partner was changed.') },
});

const WhyBody = jsonBody(z.strictObject({ reason: Reason }).openapi('PartnerHold'));

const hold = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/hold',
  tags: ['partners'],
  summary: 'Put a partner on hold',
  request: { params: CodePath, body: WhyBody },
  responses: {
    200: answers(
      PartnerBody,
      'The partner is left out of every draft from now on. Payouts that were approved before continue.',
    ),
  },
});

const release = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/release',
  tags: ['partners'],
  summary: 'Release a partner from a hold',
  request: { params: CodePath, body: WhyBody },
  responses: { 200: answers(PartnerBody, 'The partner is part of drafts again, beginning with the next one.') },
});

const partnerBody = ({ id: _id, createdAt, ...partner }: Partner) => ({
  ...partner,
  createdAt: createdAt.toISOString(),
});

export const partnerRoutes = ({ db, vault, settings: { coolingOffDays } }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const page = await readPage(limit, (count) => listPartners(db, cursor, count), {
        key: ({ code }) => code,
        item: partnerBody,
      });
      return c.json(page, 200);
    })
    .openapi(add, async (c) => {
      const { actorId: by, role } = c.get('caller');
      const policy = { coolingOffDays, by, givenBy: giverOf(role) };
      const added = await addPartner(db, vault, newcomer(c.req.valid('json')), policy);
      return c.json(partnerBody(added), 201);
    })
    .openapi(addBatch, async (c) => {
      const { actorId: by, role } = c.get('caller');
      const policy = { coolingOffDays, by, givenBy: giverOf(role) };
      const added = await addPartners(db, vault, c.req.valid('json').partners.map(newcomer), policy);
      return c.json({ added: added.length }, 201);
    })
    .openapi(get, async (c) => {
      const { code } = c.req.valid('param');
      onlyOwn(c, code, `partner ${code}`);
      return c.json(partnerBody(await getPartner(db, code)), 200);
    })
    .openapi(change, async (c) => {
      const partner = await changePartner(db, c.req.valid('param').code, c.req.valid('json'), c.get('caller').actorId);
      return c.json(partnerBody(partner), 200);
    })
    .openapi(hold, async (c) => {
      const { reason } = c.req.valid('json');
      const held = await holdPartner(db, c.req.valid('param').code, reason, c.get('caller').actorId);
      return c.json(partnerBody(held), 200);
    })
    .openapi(release, async (c) => {
      const { reason } = c.req.valid('json');
      const released = await releasePartner(db, c.req.valid('param').code, reason, c.get('caller').actorId);
      return c.json(partnerBody(released), 200);
    });

/** A partner as they were sent. */
export const newcomer = ({ email, instrument, agreements, facts, ...partner }: NewPartnerBody): Newcomer => ({
  ...partner,
  email: email ?? null,
  agreements: agreements.map(({ endsOn = null, ...agreement }) => ({ ...agreement, endsOn })),
  facts: facts.map(({ until = null, ...fact }) => ({ ...fact, until })),
  destination: instrument ? destinationOf(instrument) : null,
});
