import { createRoute } from '@hono/zod-openapi';

import { adjustFor, answerQuestion, askBack, closeQuestion } from '../../../commands/earnings/questions.ts';
import type { Database } from '../../../db/database.ts';
import { getQuestion, listMessages, listQuestions, type Question } from '../../../db/earnings/questions.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { QUESTION_STATUSES } from '../../../domain/earnings/question.ts';
import { Code } from '../../../domain/fields.ts';
import { parseDecimal } from '../../../domain/money.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery, Uuid, UuidPath } from '../../http/schemas.ts';
import {
  AdjustmentBody,
  QuestionBody,
  questionBody,
  QuestionDetailBody,
  questionDetail,
  SaidBody,
} from './question-bodies.ts';

const PROBLEMS = {
  403: problemResponse('The partner who asks is one through whom you are paid. Nothing was recorded.'),
  409: problemResponse("The question's status does not allow this. Nothing was recorded."),
};

const list = createRoute({
  method: 'get',
  path: '/v1/questions',
  tags: ['questions'],
  summary: 'List the questions of partners',
  request: {
    query: pageQuery(Uuid).extend({
      status: fields.oneOf(QUESTION_STATUSES, 'Lists only questions with this status', 'open').optional(),
      partner: Code.meta({ description: 'Lists only questions of this partner', examples: ['paula'] }).optional(),
    }),
  },
  responses: {
    200: answers(pageOf(QuestionBody), 'The questions, the newest first.'),
    404: problemResponse('There is no such partner.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/questions/{id}',
  tags: ['questions'],
  summary: 'Get a question',
  request: { params: UuidPath },
  responses: { 200: answers(QuestionDetailBody, 'The question, with everything that was said.') },
});

const said = { params: UuidPath, body: jsonBody(SaidBody) };

const answer = createRoute({
  method: 'post',
  path: '/v1/questions/{id}/answer',
  operationId: 'answerQuestion',
  tags: ['questions'],
  summary: 'Answer a question',
  request: said,
  responses: { 200: answers(QuestionDetailBody, 'The answer was recorded, and the partner is told.'), ...PROBLEMS },
});

const back = createRoute({
  method: 'post',
  path: '/v1/questions/{id}/ask-back',
  operationId: 'askBack',
  tags: ['questions'],
  summary: 'Ask the partner something first',
  description: 'The partner has 14 days to reply. After that the question is closed.',
  request: said,
  responses: { 200: answers(QuestionDetailBody, 'It waits for the partner, who is told.'), ...PROBLEMS },
});

const close = createRoute({
  method: 'post',
  path: '/v1/questions/{id}/close',
  operationId: 'closeQuestion',
  tags: ['questions'],
  summary: 'Close a question with a reason',
  request: said,
  responses: { 200: answers(QuestionDetailBody, 'It is closed, and the partner reads the reason.'), ...PROBLEMS },
});

const adjust = createRoute({
  method: 'post',
  path: '/v1/questions/{id}/adjustment',
  operationId: 'adjustForQuestion',
  tags: ['questions'],
  summary: 'Propose a correction because of a question',
  description: 'Another person confirms or refuses it with `POST /v1/corrections/{id}/decision`. The question follows.',
  request: { params: UuidPath, body: jsonBody(AdjustmentBody) },
  responses: { 200: answers(QuestionDetailBody, 'The correction is proposed, and the partner is told.'), ...PROBLEMS },
});

const detail = async (db: Database, question: Question) =>
  questionDetail(question, await listMessages(db, question.id));

/** Staff answer the questions of partners. */
export const questionRoutes = ({ db }: ApiDeps) => {
  const saidBy = ({ actorId }: { actorId: string }, text: string) => ({ by: actorId, text, nowMs: Date.now() });
  return createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, status, partner } = c.req.valid('query');
      const partnerId = partner === undefined ? undefined : (await getPartner(db, partner)).id;
      const read = (count: number) => listQuestions(db, { status, partnerId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: questionBody }), 200);
    })
    .openapi(get, async (c) => c.json(await detail(db, await getQuestion(db, c.req.valid('param').id)), 200))
    .openapi(answer, async (c) => {
      const words = saidBy(c.get('caller'), c.req.valid('json').text);
      return c.json(await detail(db, await answerQuestion(db, c.req.valid('param').id, words)), 200);
    })
    .openapi(back, async (c) => {
      const words = saidBy(c.get('caller'), c.req.valid('json').text);
      return c.json(await detail(db, await askBack(db, c.req.valid('param').id, words)), 200);
    })
    .openapi(close, async (c) => {
      const words = saidBy(c.get('caller'), c.req.valid('json').text);
      return c.json(await detail(db, await closeQuestion(db, c.req.valid('param').id, words)), 200);
    })
    .openapi(adjust, async (c) => {
      const { program, currency, amount, reason, text } = c.req.valid('json');
      const adjustment = { program, currency, minor: parseDecimal(amount, currency).minor, reason };
      const words = saidBy(c.get('caller'), text);
      return c.json(await detail(db, await adjustFor(db, c.req.valid('param').id, adjustment, words)), 200);
    });
};
