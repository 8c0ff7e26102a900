import { createRoute, z } from '@hono/zod-openapi';

import { PARTNER_KINDS } from '../../../domain/partners/kind.ts';
import {
  addPlan,
  addPlanVersion,
  addProgram,
  getProgram,
  listPlans,
  listPlanVersions,
  listPrograms,
  type PlanVersion,
  type Program,
} from '../../../db/programs/programs.ts';
import { getSchedule } from '../../../db/payers/schedules.ts';
import { Code } from '../../../domain/fields.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
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
} from '../../http/schemas.ts';

const PartnerKinds = z.array(z.enum(PARTNER_KINDS)).max(PARTNER_KINDS.length);

const ProgramBody = z.strictObject({ code: Code, name: Name, schedule: Code, partnerKinds: PartnerKinds.default([]) });

const ProgramAnswer = z
  .object({
    code: z.string(),
    name: z.string(),
    schedule: z.string(),
    partnerKinds: z.array(z.string()),
    createdAt: z.string(),
  })
  .openapi('Program');

const PlanAnswer = z
  .object({ plan: z.string(), version: z.int(), effectiveFrom: z.string(), terms: PlanTerms, createdAt: z.string() })
  .openapi('PlanVersion');

const PlanPath = CodePath.extend({ plan: Code });

const list = createRoute({
  method: 'get',
  path: '/v1/programs',
  tags: ['programs'],
  summary: 'List the programs',
  request: { query: CodePageQuery },
  responses: { 200: answers(pageOf(ProgramAnswer), 'The programs') },
});

const add = createRoute({
  method: 'post',
  path: '/v1/programs',
  tags: ['programs'],
  summary: 'Add a program',
  request: { body: jsonBody(ProgramBody) },
  responses: { 201: answers(ProgramAnswer, 'Added'), 409: problemResponse('The code is taken') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/programs/{code}',
  tags: ['programs'],
  summary: 'Get a program',
  request: { params: CodePath },
  responses: { 200: answers(ProgramAnswer, 'The program') },
});

const plans = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/plans',
  tags: ['programs'],
  summary: 'List the plans of a program',
  request: { params: CodePath, query: CodePageQuery },
  responses: { 200: answers(pageOf(PlanAnswer), 'The plans, each in its newest version') },
});

const addOnePlan = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/plans',
  tags: ['programs'],
  summary: 'Add a plan',
  request: { params: CodePath, body: jsonBody(z.strictObject({ code: Code, terms: PlanTerms })) },
  responses: {
    201: answers(PlanAnswer, 'Added, with a first version for whatever happened before it'),
    409: problemResponse('The program has a plan of this code'),
  },
});

const versions = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/plans/{plan}/versions',
  tags: ['programs'],
  summary: 'List the versions of a plan',
  request: { params: PlanPath, query: pageQuery(Ordinal) },
  responses: { 200: answers(pageOf(PlanAnswer), 'Every version, the first one first') },
});

const addVersion = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/plans/{plan}/versions',
  tags: ['programs'],
  summary: 'Change the terms of a plan',
  request: {
    params: PlanPath,
    body: jsonBody(z.strictObject({ terms: PlanTerms, effectiveFrom: Instant.optional() })),
  },
  responses: { 201: answers(PlanAnswer, 'Added; it is effective from now on unless said otherwise') },
});

const programAnswer = ({ code, name, schedule, partnerKinds, createdAt }: Program) => ({
  code,
  name,
  schedule,
  partnerKinds,
  createdAt: createdAt.toISOString(),
});

const planAnswer = ({ effectiveFrom, createdAt, ...version }: PlanVersion) => ({
  ...version,
  effectiveFrom: effectiveFrom.toISOString(),
  createdAt: createdAt.toISOString(),
});

export const programRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const page = await readPage(limit, (count) => listPrograms(db, cursor, count), {
        key: ({ code }) => code,
        item: programAnswer,
      });
      return c.json(page, 200);
    })
    .openapi(add, async (c) => {
      const { schedule, ...program } = c.req.valid('json');
      const { id } = await getSchedule(db, schedule);
      return c.json(programAnswer(await addProgram(db, { ...program, scheduleId: id }, c.get('caller').actorId)), 201);
    })
    .openapi(get, async (c) => c.json(programAnswer(await getProgram(db, c.req.valid('param').code)), 200))
    .openapi(plans, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const program = await getProgram(db, c.req.valid('param').code);
      const read = (count: number) => listPlans(db, program, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ plan }) => plan, item: planAnswer }), 200);
    })
    .openapi(addOnePlan, async (c) => {
      const { code, terms } = c.req.valid('json');
      const program = await getProgram(db, c.req.valid('param').code);
      return c.json(planAnswer(await addPlan(db, program, code, terms, c.get('caller').actorId)), 201);
    })
    .openapi(versions, async (c) => {
      const { cursor = 0, limit } = c.req.valid('query');
      const { code, plan } = c.req.valid('param');
      const program = await getProgram(db, code);
      const read = (count: number) => listPlanVersions(db, program, plan, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ version }) => version, item: planAnswer }), 200);
    })
    .openapi(addVersion, async (c) => {
      const { terms, effectiveFrom } = c.req.valid('json');
      const { code, plan } = c.req.valid('param');
      const version = { terms, effectiveFrom: effectiveFrom === undefined ? null : new Date(effectiveFrom) };
      const added = await addPlanVersion(db, await getProgram(db, code), plan, version, c.get('caller').actorId);
      return c.json(planAnswer(added), 201);
    });
