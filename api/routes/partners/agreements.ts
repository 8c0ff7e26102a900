import { createRoute, z } from '@hono/zod-openapi';

import { addAgreement, changeAgreement } from '../../../commands/partners/agreements.ts';
import { type Agreement, listAgreements } from '../../../db/partners/agreements.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { Code } from '../../../domain/fields.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePageQuery, CodePath, jsonBody, LocalDate, namesSomething, pageOf } from '../../http/schemas.ts';

const PROGRAM = { description: 'The code of the program', examples: ['resale'] };
const PLAN = { description: 'The code of the plan by which the partner earns', examples: ['standard'] };
const STARTS = "The first local day on which the partner earns, in the zone of the program's schedule";
const ENDS = "The first local day on which the partner no longer earns, in the zone of the program's schedule";

/** An agreement holds from `startsOn` on, and before `endsOn`. */
export const NewAgreementBody = z
  .strictObject({
    program: Code.meta(PROGRAM),
    plan: Code.meta(PLAN),
    startsOn: LocalDate.meta({ description: STARTS, examples: ['2026-01-01'] }),
    endsOn: LocalDate.meta({
      description: `${ENDS}; without it, there is no end`,
      examples: ['2027-01-01'],
    }).optional(),
  })
  .refine(({ startsOn, endsOn }) => endsOn === undefined || endsOn > startsOn, {
    path: ['endsOn'],
    message: 'is not after startsOn',
  })
  .openapi('NewAgreement');

const AgreementBody = z
  .object({
    partner: fields.code('The code of the partner', 'paula'),
    program: fields.code(PROGRAM.description, 'resale'),
    plan: fields.code(PLAN.description, 'standard'),
    startsOn: fields.day(STARTS, '2026-01-01'),
    endsOn: fields.day(`${ENDS}; null if there is no end`, '2027-01-01').nullable(),
    createdAt: fields.at('When the agreement was added'),
  })
  .openapi('Agreement');

const list = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/agreements',
  tags: ['partners'],
  summary: 'List the agreements of a partner',
  request: { params: CodePath, query: CodePageQuery },
  responses: {
    200: answers(pageOf(AgreementBody), 'The programs that the partner is in, in the order of their codes.'),
  },
});

const add = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/agreements',
  tags: ['partners'],
  summary: 'Add a partner to a program',
  request: { params: CodePath, body: jsonBody(NewAgreementBody) },
  responses: {
    201: answers(AgreementBody, 'The partner is in the program.'),
    409: problemResponse('The partner is already in that program.'),
  },
});

const AgreementChange = z
  .strictObject({
    plan: Code.meta({
      description: 'The code of the plan for events that are taken in from now on',
      examples: ['gold'],
    }).optional(),
    endsOn: LocalDate.nullable()
      .meta({ description: `${ENDS}; null removes the end`, examples: ['2027-01-01'] })
      .optional(),
  })
  .refine(namesSomething, 'names nothing to change')
  .openapi('AgreementChange');

const change = createRoute({
  method: 'patch',
  path: '/v1/partners/{code}/agreements/{program}',
  tags: ['partners'],
  summary: 'Change or end an agreement',
  request: { params: CodePath.extend({ program: Code.meta(PROGRAM) }), body: jsonBody(AgreementChange) },
  responses: { 200: answers(AgreementBody, 'The agreement was changed. Earlier earnings stay as they are.') },
});

const agreementBody = (agreement: Agreement) => ({ ...agreement, createdAt: agreement.createdAt.toISOString() });

export const agreementRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { code } = c.req.valid('param');
      const { cursor = null, limit } = c.req.valid('query');
      onlyOwn(c, code, `partner ${code}`);
      const partner = await getPartner(db, code);
      const read = (count: number) => listAgreements(db, partner.id, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ program }) => program, item: agreementBody }), 200);
    })
    .openapi(add, async (c) => {
      const { endsOn = null, ...agreement } = c.req.valid('json');
      const partner = await getPartner(db, c.req.valid('param').code);
      const added = await addAgreement(db, { ...agreement, partner: partner.code, endsOn }, c.get('caller').actorId);
      return c.json(agreementBody(added), 201);
    })
    .openapi(change, async (c) => {
      const { code: partner, program } = c.req.valid('param');
      const wish = c.req.valid('json');
      const changed = await changeAgreement(db, { partner, program }, wish, c.get('caller').actorId);
      return c.json(agreementBody(changed), 200);
    });
