import { createRoute, z } from '@hono/zod-openapi';

import { PARTNER_KINDS } from '../../../domain/partners/kind.ts';
import { addPlan, addPlanVersion, withdrawPlanVersion } from '../../../commands/programs/plans.ts';
import { addProgram, changeAdmission, declareAttributes } from '../../../commands/programs/programs.ts';
import { listPlans, listPlanVersions, type PlanVersion } from '../../../db/programs/plans.ts';
import { getProgram, listPrograms, type Program } from '../../../db/programs/programs.ts';
import { getSchedule } from '../../../db/payers/schedules.ts';
import { AttributeName, Code } from '../../../domain/fields.ts';
import { Eligibility, OPEN_TO_ALL } from '../../../domain/programs/eligibility.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePageQuery,
  CodePath,
  Instant,
  jsonBody,
  Name,
  Ordinal,
  pageOf,
  pageQuery,
  Reason,
} from '../../http/schemas.ts';
import { ConfirmsDetails } from './confirmed-details.ts';

const KINDS = {
  description: 'The kinds of partner that may join; empty if every kind may join',
  examples: [['reseller']],
};
const PartnerKinds = z.array(z.enum(PARTNER_KINDS)).max(PARTNER_KINDS.length);
const ATTRIBUTES = {
  description: 'The names of the facts that events of the program may have, such as their product or customer',
  examples: [['product', 'customer']],
};
const ATTRIBUTES_MAX = 50;
const Attributes = z.array(AttributeName).max(ATTRIBUTES_MAX);

export const NewProgramBody = z
  .strictObject({
    code: Code.meta({ description: "The program's code, which never changes", examples: ['resale'] }),
    name: Name.meta({ description: "The program's name", examples: ['Resale'] }),
    schedule: Code.meta({ description: 'The code of the pay schedule that pays this program', examples: ['monthly'] }),
    partnerKinds: PartnerKinds.default([]).meta(KINDS),
    eligibility: Eligibility.default(OPEN_TO_ALL),
    attributes: Attributes.default([]).meta(ATTRIBUTES),
  })
  .openapi('NewProgram');

const ProgramBody = z
  .object({
    code: fields.code("The program's code", 'resale'),
    name: fields.text("The program's name", 'Resale'),
    schedule: fields.code('The code of the pay schedule that pays this program', 'monthly'),
    partnerKinds: z.array(z.string()).meta(KINDS),
    eligibility: Eligibility,
    attributes: z.array(z.string()).meta(ATTRIBUTES),
    confirmsDetails: ConfirmsDetails,
    createdAt: fields.at('When the program was added'),
  })
  .openapi('Program');

const PlanBody = z
  .object({
    plan: fields.code('The code of the plan', 'standard'),
    version: fields.count('The number of the version, counted from 1', 2),
    effectiveFrom: fields.at('The instant from which events earn by these terms'),
    terms: PlanTerms,
    createdAt: fields.at('When the version was added'),
    withdrawnAt: fields.at('When the version was withdrawn, so that it never takes effect; otherwise null').nullable(),
  })
  .openapi('PlanVersion');

const PlanPath = CodePath.extend({ plan: Code.meta({ description: 'The code of the plan', examples: ['standard'] }) });

const list = createRoute({
  method: 'get',
  path: '/v1/programs',
  tags: ['programs'],
  summary: 'List the programs',
  request: { query: CodePageQuery },
  responses: { 200: answers(pageOf(ProgramBody), 'The programs, in the order of their codes.') },
});

const add = createRoute({
  method: 'post',
  path: '/v1/programs',
  tags: ['programs'],
  summary: 'Add a program',
  request: { body: jsonBody(NewProgramBody) },
  responses: {
    201: answers(ProgramBody, 'The program was added.'),
    404: problemResponse('There is no such pay schedule. Nothing was added.'),
    409: problemResponse('The code is taken.'),
  },
});

const AdmissionBody = z
  .strictObject({ partnerKinds: PartnerKinds.meta(KINDS), eligibility: Eligibility })
  .openapi('Admission');

const admit = createRoute({
  method: 'put',
  path: '/v1/programs/{code}/eligibility',
  tags: ['programs'],
  summary: 'Say who may join a program',
  request: { params: CodePath, body: jsonBody(AdmissionBody) },
  responses: {
    200: answers(
      ProgramBody,
      'The program. Partners who are in it stay in it; others may join if they fit. Events that were worked out keep what they earned.',
    ),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/programs/{code}',
  tags: ['programs'],
  summary: 'Get a program',
  request: { params: CodePath },
  responses: { 200: answers(ProgramBody, 'The program.') },
});

const declare = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/attributes',
  operationId: 'declareAttributes',
  tags: ['programs'],
  summary: 'Declare attributes that events of a program may have',
  request: {
    params: CodePath,
    body: jsonBody(z.strictObject({ attributes: Attributes.min(1).meta(ATTRIBUTES) }).openapi('NewAttributes')),
  },
  responses: { 200: answers(ProgramBody, 'The attributes are declared. Those that were declared before stay.') },
});

const plans = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/plans',
  tags: ['programs'],
  summary: 'List the plans of a program',
  request: { params: CodePath, query: CodePageQuery },
  responses: { 200: answers(pageOf(PlanBody), 'The plans, each in its newest version.') },
});

const NewPlanBody = z
  .strictObject({
    code: Code.meta({ description: "The plan's code, which never changes", examples: ['standard'] }),
    terms: PlanTerms,
  })
  .openapi('NewPlan');

const addOnePlan = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/plans',
  tags: ['programs'],
  summary: 'Add a plan',
  request: { params: CodePath, body: jsonBody(NewPlanBody) },
  responses: {
    201: answers(PlanBody, 'The plan was added. Its first version also applies to all earlier events.'),
    409: problemResponse('The program already has a plan with this code.'),
  },
});

const versions = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/plans/{plan}/versions',
  tags: ['programs'],
  summary: 'List the versions of a plan',
  request: { params: PlanPath, query: pageQuery(Ordinal) },
  responses: { 200: answers(pageOf(PlanBody), 'Every version, the oldest first.') },
});

const NewVersionBody = z
  .strictObject({
    terms: PlanTerms,
    effectiveFrom: Instant.meta({
      description:
        'The instant from which events earn by these terms: an RFC 3339 instant with its offset; now by default',
      examples: ['2026-04-01T00:00:00-04:00'],
    }).optional(),
  })
  .openapi('NewPlanVersion');

const addVersion = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/plans/{plan}/versions',
  tags: ['programs'],
  summary: 'Add a version of a plan, to change its terms',
  request: {
    params: PlanPath,
    body: jsonBody(NewVersionBody),
  },
  responses: { 201: answers(PlanBody, 'The version was added.') },
});

const VersionPath = PlanPath.extend({
  version: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'is not a number from 1 on')
    .transform(Number)
    .openapi({ type: 'integer', minimum: 1, description: 'The number of the version', examples: [3] }),
});

const withdraw = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/plans/{plan}/versions/{version}/withdraw',
  operationId: 'withdrawPlanVersion',
  tags: ['programs'],
  summary: 'Withdraw a version of a plan before it takes effect',
  request: { params: VersionPath, body: jsonBody(z.strictObject({ reason: Reason }).openapi('PlanVersionWithdrawal')) },
  responses: {
    200: answers(PlanBody, 'The version is withdrawn. Nobody earns by it.'),
    409: problemResponse('The version is effective. It was not withdrawn.'),
  },
});

const programBody = ({ id: _id, createdAt, ...program }: Program) => ({
  ...program,
  createdAt: createdAt.toISOString(),
});

const planBody = ({ effectiveFrom, createdAt, withdrawnAt, ...version }: PlanVersion) => ({
  ...version,
  withdrawnAt: withdrawnAt?.toISOString() ?? null,
  effectiveFrom: effectiveFrom.toISOString(),
  createdAt: createdAt.toISOString(),
});

export const programRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const page = await readPage(limit, (count) => listPrograms(db, cursor, count), {
        key: ({ code }) => code,
        item: programBody,
      });
      return c.json(page, 200);
    })
    .openapi(add, async (c) => {
      const { schedule, ...program } = c.req.valid('json');
      const { id } = await getSchedule(db, schedule);
      return c.json(programBody(await addProgram(db, { ...program, scheduleId: id }, c.get('caller').actorId)), 201);
    })
    .openapi(admit, async (c) => {
      const changed = await changeAdmission(
        db,
        c.req.valid('param').code,
        c.req.valid('json'),
        c.get('caller').actorId,
      );
      return c.json(programBody(changed), 200);
    })
    .openapi(get, async (c) => c.json(programBody(await getProgram(db, c.req.valid('param').code)), 200))
    .openapi(declare, async (c) => {
      const { attributes } = c.req.valid('json');
      return c.json(
        programBody(await declareAttributes(db, c.req.valid('param').code, attributes, c.get('caller').actorId)),
        200,
      );
    })
    .openapi(plans, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const program = await getProgram(db, c.req.valid('param').code);
      const read = (count: number) => listPlans(db, program, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ plan }) => plan, item: planBody }), 200);
    })
    .openapi(addOnePlan, async (c) => {
      const program = await getProgram(db, c.req.valid('param').code);
      return c.json(planBody(await addPlan(db, program, c.req.valid('json'), c.get('caller').actorId)), 201);
    })
    .openapi(versions, async (c) => {
      const { cursor = 0, limit } = c.req.valid('query');
      const { code, plan } = c.req.valid('param');
      const program = await getProgram(db, code);
      const read = (count: number) => listPlanVersions(db, program, plan, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ version }) => version, item: planBody }), 200);
    })
    .openapi(addVersion, async (c) => {
      const { terms, effectiveFrom } = c.req.valid('json');
      const { code, plan } = c.req.valid('param');
      const version = { terms, effectiveFrom: effectiveFrom === undefined ? null : new Date(effectiveFrom) };
      const added = await addPlanVersion(db, await getProgram(db, code), plan, version, c.get('caller').actorId);
      return c.json(planBody(added), 201);
    })
    .openapi(withdraw, async (c) => {
      const { code, plan, version } = c.req.valid('param');
      const withdrawal = { plan, version, reason: c.req.valid('json').reason };
      const program = await getProgram(db, code);
      return c.json(planBody(await withdrawPlanVersion(db, program, withdrawal, c.get('caller').actorId)), 200);
    });
