import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';

import { askQuestion, replyToQuestion, reopenQuestion } from '../../../commands/earnings/questions.ts';
import type { Database } from '../../../db/database.ts';
import { getQuestion, listMessages, listQuestions, type Question } from '../../../db/earnings/questions.ts';
import { QUESTION_STATUSES } from '../../../domain/earnings/question.ts';
import { onlyOwn, partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps, ApiEnv } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery, Uuid, UuidPath } from '../../http/schemas.ts';
import {
  MyNewQuestionBody,
  myQuestionDetail,
  MyQuestionDetailBody,
  QuestionBody,
  questionBody,
  questionWishOf,
  SaidBody,
} from './question-bodies.ts';

const STATUS_PROBLEM = { 409: problemResponse("The question's status does not allow this. Nothing was recorded.") };

const list = createRoute({
  method: 'get',
  path: '/v1/me/questions',
  operationId: 'listMyQuestions',
  tags: ['me'],
  summary: 'List your questions',
  request: {
    query: pageQuery(Uuid).extend({
      status: fields.oneOf(QUESTION_STATUSES, 'Lists only questions with this status', 'answered').optional(),
    }),
  },
  responses: { 200: answers(pageOf(QuestionBody), 'Your questions, the newest first.') },
});

const ask = createRoute({
  method: 'post',
  path: '/v1/me/questions',
  operationId: 'askMyQuestion',
  tags: ['me'],
  summary: 'Ask about a line',
  description: 'An earning, a payout, a row of a statement, or something that you miss. You get a mail for each step.',
  request: { body: jsonBody(MyNewQuestionBody) },
  responses: { 201: answers(MyQuestionDetailBody, 'The question was recorded. `dueAt` says by when we answer.') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/me/questions/{id}',
  operationId: 'getMyQuestion',
  tags: ['me'],
  summary: 'Get one of your questions',
  request: { params: UuidPath },
  responses: { 200: answers(MyQuestionDetailBody, 'The question, with everything that was said.') },
});

const reply = createRoute({
  method: 'post',
  path: '/v1/me/questions/{id}/reply',
  operationId: 'replyToMyQuestion',
  tags: ['me'],
  summary: 'Reply to what we asked back',
  request: { params: UuidPath, body: jsonBody(SaidBody) },
  responses: {
    200: answers(MyQuestionDetailBody, 'The reply was recorded. It waits for us again.'),
    ...STATUS_PROBLEM,
  },
});

const reopen = createRoute({
  method: 'post',
  path: '/v1/me/questions/{id}/reopen',
  operationId: 'reopenMyQuestion',
  tags: ['me'],
  summary: 'Reopen a question of yours',
  description: 'Once, within 14 days after it was answered, adjusted or closed.',
  request: { params: UuidPath, body: jsonBody(SaidBody) },
  responses: { 200: answers(MyQuestionDetailBody, 'The question waits for us again.'), ...STATUS_PROBLEM },
});

/** A question of the caller's own. Another partner's question does not exist for them. */
async function ownQuestion(db: Database, c: Context<ApiEnv>, id: string): Promise<Question> {
  const question = await getQuestion(db, id);
  onlyOwn(c, question.partner, `question ${id}`);
  return question;
}

const detail = async (db: Database, question: Question) =>
  myQuestionDetail(question, await listMessages(db, question.id));

/** Partners ask about lines, and follow what is said. They never see who answers. */
export const myQuestionRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, status } = c.req.valid('query');
      const { id: partnerId } = partnerOf(c.get('caller'));
      const read = (count: number) => listQuestions(db, { partnerId, status }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: questionBody }), 200);
    })
    .openapi(ask, async (c) => {
      const { actorId: by } = c.get('caller');
      const { id: partnerId } = partnerOf(c.get('caller'));
      const question = await askQuestion(db, questionWishOf(c.req.valid('json')), { partnerId, by, nowMs: Date.now() });
      return c.json(await detail(db, question), 201);
    })
    .openapi(get, async (c) => c.json(await detail(db, await ownQuestion(db, c, c.req.valid('param').id)), 200))
    .openapi(reply, async (c) => {
      const { id } = await ownQuestion(db, c, c.req.valid('param').id);
      const words = { by: c.get('caller').actorId, text: c.req.valid('json').text, nowMs: Date.now() };
      return c.json(await detail(db, await replyToQuestion(db, id, words)), 200);
    })
    .openapi(reopen, async (c) => {
      const { id } = await ownQuestion(db, c, c.req.valid('param').id);
      const words = { by: c.get('caller').actorId, text: c.req.valid('json').text, nowMs: Date.now() };
      return c.json(await detail(db, await reopenQuestion(db, id, words)), 200);
    });
