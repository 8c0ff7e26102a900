import { createRoute, z } from '@hono/zod-openapi';

import {
  addAgreement,
  changeAgreement,
  type ChangedAgreement,
  withdrawAgreement,
} from '../../../commands/partners/agreements.ts';
import {
  type Agreement,
  listAgreements,
  listRecordedTerms,
  type RecordedTerm,
} from '../../../db/partners/agreements.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { Code } from '../../../domain/fields.ts';
import { newestPeriod } from '../../../domain/partners/agreement.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePageQuery,
  CodePath,
  jsonBody,
  LocalDate,
  namesSomething,
  pageOf,
  pageQuery,
  Reason,
  RowNumber,
} from '../../http/schemas.ts';

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
    reason: Reason.optional(),
  })
  .refine(({ startsOn, endsOn }) => endsOn === undefined || endsOn > startsOn, {
    path: ['endsOn'],
    message: 'is not after startsOn',
  })
  .openapi('NewAgreement');

const TermBody = z
  .object({
    plan: fields.code(PLAN.description, 'standard'),
    startsOn: fields.day('The first local day of the term', '2026-01-01'),
    endsOn: fields.day('The first local day after the term; null if there is no end', '2027-01-01').nullable(),
  })
  .openapi('AgreementTerm');

const AgreementFields = z.object({
  partner: fields.code('The code of the partner', 'paula'),
  program: fields.code(PROGRAM.description, 'resale'),
  plan: fields.code('The code of the plan of the newest term', 'standard'),
  startsOn: fields.day(`${STARTS}, in the newest period without a gap`, '2026-01-01'),
  endsOn: fields.day(`${ENDS}; null if there is no end`, '2027-01-01').nullable(),
  createdAt: fields.at('When the agreement was added'),
  terms: z.array(TermBody).meta({
    description: 'The terms in effect, oldest first. On the days between two terms, the partner is not in the program',
  }),
});
const AgreementBody = AgreementFields.openapi('Agreement');

const ChangedAgreementBody = AgreementFields.extend({
  eventsWorkedOut: fields.count(
    'How many sales and other events of the changed days had their earnings worked out before. Those earnings stay as they are, unless a re-rating works them out again',
    0,
  ),
}).openapi('ChangedAgreement');

const RecordedTermBody = z
  .object({
    id: fields.rowNumber('The number of the record', '1042'),
    plan: fields
      .code('The code of the plan; null if the partner is not in the program on these days', 'standard')
      .nullable(),
    startsOn: fields.day('The first local day that the record is about', '2026-01-01'),
    endsOn: fields.day('The first local day after those; null if there is no end', '2027-01-01').nullable(),
    reason: fields.text('The reason, if one was given', 'The contract was signed earlier').nullable(),
    recordedBy: fields.code('The person who recorded it', 'olga').nullable(),
    recordedAt: fields.at('When it was recorded'),
  })
  .openapi('RecordedTerm');

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
  description:
    'A partner may be in a program in several periods, with gaps between them. Each period is an agreement of its own, and no two share a day.',
  request: { params: CodePath, body: jsonBody(NewAgreementBody) },
  responses: {
    201: answers(ChangedAgreementBody, 'The partner is in the program.'),
    409: problemResponse('The partner is already in that program on some of these days.'),
  },
});

const AgreementChange = z
  .strictObject({
    plan: Code.meta({ description: 'The code of another plan', examples: ['gold'] }).optional(),
    from: LocalDate.meta({
      description: 'The first local day of that plan; without it, today in the zone of the schedule',
      examples: ['2026-07-01'],
    }).optional(),
    startsOn: LocalDate.meta({
      description: `${STARTS}: earlier or later than so far`,
      examples: ['2026-01-01'],
    }).optional(),
    endsOn: LocalDate.nullable()
      .meta({ description: `${ENDS}; null removes the end`, examples: ['2027-01-01'] })
      .optional(),
    reason: Reason.optional(),
  })
  .refine(({ reason: _reason, ...terms }) => namesSomething(terms), 'names nothing to change')
  .openapi('AgreementChange');

const change = createRoute({
  method: 'patch',
  path: '/v1/partners/{code}/agreements/{program}',
  tags: ['partners'],
  summary: 'Change or end an agreement',
  description:
    'Changes the newest period of the agreement. Each event earns by the plan that holds on its local day. A refund follows the day of its sale.',
  request: { params: CodePath.extend({ program: Code.meta(PROGRAM) }), body: jsonBody(AgreementChange) },
  responses: { 200: answers(ChangedAgreementBody, 'The agreement was changed. Earlier earnings stay as they are.') },
});

const withdraw = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/agreements/{program}/withdraw',
  operationId: 'withdrawAgreement',
  tags: ['partners'],
  summary: 'Take back an agreement that was added by mistake',
  description:
    'Takes back the newest period as if it had never been added. Earlier periods stay, and so do all earnings.',
  request: {
    params: CodePath.extend({ program: Code.meta(PROGRAM) }),
    body: jsonBody(z.strictObject({ reason: Reason }).openapi('AgreementWithdrawal')),
  },
  responses: {
    200: answers(
      z
        .object({
          partner: fields.code('The code of the partner', 'paula'),
          program: fields.code(PROGRAM.description, 'resale'),
          startsOn: fields.day('The first local day that was taken back', '2026-01-01'),
          endsOn: fields.day('The first local day after those; null if there was no end', '2027-01-01').nullable(),
          eventsWorkedOut: fields.count(
            'How many sales and other events of these days had their earnings worked out before. Those earnings stay as they are, unless a re-rating works them out again',
            0,
          ),
        })
        .openapi('WithdrawnAgreement'),
      'On these days the partner is not in the program.',
    ),
  },
});

const history = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/agreements/{program}/history',
  tags: ['partners'],
  summary: 'Read how an agreement came about',
  description: 'Each record supersedes the earlier ones for the days that it is about.',
  request: { params: CodePath.extend({ program: Code.meta(PROGRAM) }), query: pageQuery(RowNumber) },
  responses: {
    200: answers(pageOf(RecordedTermBody), 'Everything that was recorded about the agreement, oldest first.'),
  },
});

const daysBody = ({ from, until }: { from: string; until: string | null }) => ({ startsOn: from, endsOn: until });

function agreementBody({ partner, program, terms, createdAt }: Agreement) {
  const period = newestPeriod(terms);
  if (!period) throw new Error('The database returned an agreement without terms.');
  return {
    partner,
    program,
    plan: period.plan,
    ...daysBody(period),
    createdAt: createdAt.toISOString(),
    terms: terms.map((term) => ({ plan: term.plan, ...daysBody(term) })),
  };
}

const changedBody = ({ agreement, eventsWorkedOut }: ChangedAgreement) => ({
  ...agreementBody(agreement),
  eventsWorkedOut,
});

const recordedBody = ({ id, plan, reason, recordedBy, recordedAt, ...days }: RecordedTerm) => ({
  id: String(id),
  plan,
  ...daysBody(days),
  reason,
  recordedBy,
  recordedAt: recordedAt.toISOString(),
});

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
      const { code: partner } = c.req.valid('param');
      const added = await addAgreement(db, { ...agreement, partner, endsOn }, c.get('caller').actorId);
      return c.json(changedBody(added), 201);
    })
    .openapi(change, async (c) => {
      const { code: partner, program } = c.req.valid('param');
      const wish = c.req.valid('json');
      const by = c.get('caller').actorId;
      const done = await changeAgreement(db, { partner, program }, wish, { nowMs: Date.now(), by });
      return c.json(changedBody(done), 200);
    })
    .openapi(withdraw, async (c) => {
      const { code, program } = c.req.valid('param');
      const wish = { reason: c.req.valid('json').reason, by: c.get('caller').actorId };
      const { code: partner } = await getPartner(db, code);
      const { eventsWorkedOut, ...days } = await withdrawAgreement(db, { partner, program }, wish);
      return c.json({ partner, program, ...daysBody(days), eventsWorkedOut }, 200);
    })
    .openapi(history, async (c) => {
      const { code, program } = c.req.valid('param');
      const { cursor = null, limit } = c.req.valid('query');
      const { code: partner } = await getPartner(db, code);
      await getProgram(db, program);
      const read = (count: number) => listRecordedTerms(db, { partner, program }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => String(id), item: recordedBody }), 200);
    });
