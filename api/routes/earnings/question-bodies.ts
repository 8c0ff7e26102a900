import { z } from '@hono/zod-openapi';

import type { Question, QuestionMessage } from '../../../db/earnings/questions.ts';
import type { NewQuestion } from '../../../db/earnings/questions.ts';
import {
  isQuestionOver,
  MESSAGE_KINDS,
  MESSAGE_SIDES,
  QUESTION_STATUSES,
  QUESTION_SUBJECTS,
  whyNotReopen,
} from '../../../domain/earnings/question.ts';
import { Currency, Line, Source, Unit, whyNotAmount } from '../../../domain/fields.ts';
import { formatDecimal, money, parseDecimal } from '../../../domain/money.ts';
import * as fields from '../../http/fields.ts';
import { LocalDate, Reason, Uuid } from '../../http/schemas.ts';
import { Code } from '../../../domain/fields.ts';

/** Questions as they are sent and shown. */

const TEXT_CHARS_MAX = 2000;

/** Some lines of free text. A browser sends each end of a line in two characters. */
export const Words = z
  .string()
  .overwrite((text) => text.replaceAll('\r\n', '\n').trim())
  .min(1)
  .max(TEXT_CHARS_MAX)
  .refine((text) => !/[^\P{Cc}\n]/u.test(text), 'has control characters')
  .meta({ description: 'The words, in one line or several', examples: ['The sale of 3 March is missing.'] });

const Signed = z
  .string()
  .regex(/^-?\d{1,18}(\.\d{1,18})?$/, 'is not a decimal amount such as 12.34 or -12.34')
  .meta({ description: 'The amount of the line, in major units of `currency`', examples: ['50.00'] });

export const MyNewQuestionBody = z
  .strictObject({
    about: fields.oneOf(
      QUESTION_SUBJECTS,
      'The thing that it is about. `missing`: something that should be there and is not',
      'earning',
    ),
    payout: Uuid.meta({
      description: 'The payout, for a question about one',
      examples: ['019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'],
    }).optional(),
    source: Source.optional(),
    event: Line(200)
      .meta({
        description: 'The id of the event in its source, for a question about an earning',
        examples: ['order-1'],
      })
      .optional(),
    line: Line(200)
      .meta({ description: 'The line as you see it, or your own name for what you miss', examples: ['order-1001'] })
      .optional(),
    day: LocalDate.meta({ description: 'The day of the line', examples: ['2026-03-03'] }).optional(),
    currency: Unit.optional(),
    amount: Signed.optional(),
    text: Words,
  })
  .superRefine(({ about, payout, source, event, line, day, currency, amount }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if ((about === 'payout') !== (payout !== undefined))
      refuse('payout', 'is for a question about a payout, and needed there');
    if ((source === undefined) !== (event === undefined)) refuse('event', 'and source belong together');
    if (about === 'earning' && event === undefined) refuse('event', 'is needed for a question about an earning');
    if (about === 'statement' && (line === undefined || day === undefined))
      refuse('line', 'and day are needed for a question about a row of a statement');
    if ((currency === undefined) !== (amount === undefined)) refuse('amount', 'and currency belong together');
    const wrong = currency && amount !== undefined && whyNotAmount(amount.replace('-', ''), currency);
    if (wrong) refuse('amount', wrong);
  })
  .openapi('MyNewQuestion');

/** A question as the command takes it. */
export const questionWishOf = (sent: z.output<typeof MyNewQuestionBody>): NewQuestion & { text: string } => ({
  about: sent.about,
  payoutId: sent.payout ?? null,
  source: sent.source ?? null,
  eventId: sent.event ?? null,
  line: sent.line ?? null,
  day: sent.day ?? null,
  currency: sent.currency ?? null,
  minor: sent.currency && sent.amount !== undefined ? parseDecimal(sent.amount, sent.currency).minor : null,
  text: sent.text,
});

export const SaidBody = z.strictObject({ text: Words }).openapi('QuestionWords');

export const AdjustmentBody = z
  .strictObject({
    program: Code.meta({ description: 'The program that the amount belongs to', examples: ['resale'] }),
    currency: Currency,
    amount: Signed.meta({
      description: 'The amount to add, or to take where it is below zero, in major units of `currency`',
      examples: ['15.00', '-15.00'],
    }),
    reason: Reason.meta({
      description: 'The reason of the correction. The partner reads it next to the amount',
      examples: ['The sale of 3 March was missing'],
    }),
    text: Words,
  })
  .superRefine(({ currency, amount }, context) => {
    const message = whyNotAmount(amount.replace('-', ''), currency) ?? (Number(amount) === 0 ? 'is 0' : undefined);
    if (message) context.addIssue({ code: 'custom', path: ['amount'], message });
  })
  .openapi('QuestionAdjustment');

const QUESTION_FIELDS = {
  id: fields.id('The id of the question'),
  partner: fields.code('The partner who asks', 'paula'),
  about: fields.oneOf(QUESTION_SUBJECTS, 'The thing that it is about', 'earning'),
  payout: fields.id('The payout that it is about; null if there is none').nullable(),
  source: fields.text('The source of the event that it is about; null if there is none', 'shop').nullable(),
  event: fields.text('The id of that event in its source; null if there is none', 'order-1').nullable(),
  line: fields.text('The line as the partner saw or named it; null if there is none', 'order-1').nullable(),
  day: fields.day('The day of the line; null if there is none', '2026-03-03').nullable(),
  currency: fields.orNull(Unit, 'The currency or unit of the amount; null if there is none'),
  amount: fields.amount('The amount of the line; null if there is none', '50.00').nullable(),
  status: fields.oneOf(
    QUESTION_STATUSES,
    '`open` waits for us, `asked_back` for the partner; `adjusting`: a correction waits for a second person',
    'open',
  ),
  statusAt: fields.at('When it got this status'),
  dueAt: fields.at('When it should be answered, or when silence ends it; null in every other status').nullable(),
  correction: fields.id('The correction that it led to; null if there is none').nullable(),
  askedAt: fields.at('When it was asked'),
};

export const QuestionBody = z.object(QUESTION_FIELDS).openapi('Question');

const MESSAGE_FIELDS = {
  kind: fields.oneOf(
    MESSAGE_KINDS,
    'The step. `silence`, `confirmed` and `refused` come from Bursar and have no words: the partner did not reply in time, or a second person decided the correction',
    'answer',
  ),
  side: fields.oneOf(MESSAGE_SIDES, 'The side that said it', 'staff'),
  text: fields.text('The words; null where Bursar itself moved the question', 'We found the sale.').nullable(),
  at: fields.at('When it was said'),
};

export const QuestionDetailBody = QuestionBody.extend({
  messages: z
    .array(
      z.object({ ...MESSAGE_FIELDS, by: fields.code('The person; null where Bursar moved it', 'anna').nullable() }),
    )
    .meta({ description: 'Everything that was said, oldest first' }),
}).openapi('QuestionDetail');

export const MyQuestionDetailBody = QuestionBody.extend({
  messages: z
    .array(z.object(MESSAGE_FIELDS))
    .meta({ description: 'Everything that was said, oldest first, without the names of people' }),
  canReopen: z.boolean().meta({ description: 'Whether you may reopen it now', examples: [true] }),
}).openapi('MyQuestion');

export const questionBody = (question: Question) => ({
  id: question.id,
  partner: question.partner,
  about: question.about,
  payout: question.payoutId,
  source: question.source,
  event: question.eventId,
  line: question.line,
  day: question.day,
  currency: question.currency,
  amount:
    question.minor === null || question.currency === null
      ? null
      : formatDecimal(money(question.minor, question.currency)),
  status: question.status,
  statusAt: question.statusAt.toISOString(),
  dueAt: question.dueAt?.toISOString() ?? null,
  correction: question.correctionId,
  askedAt: question.askedAt.toISOString(),
});

export const questionDetail = (question: Question, messages: readonly QuestionMessage[]) => ({
  ...questionBody(question),
  messages: messages.map(({ id: _id, at, ...message }) => ({ ...message, at: at.toISOString() })),
});

export const myQuestionDetail = (question: Question, messages: readonly QuestionMessage[]) => ({
  ...questionBody(question),
  messages: messages.map(({ kind, side, text, at }) => ({ kind, side, text, at: at.toISOString() })),
  canReopen: isQuestionOver(question.status) && whyNotReopen(question, Date.now()) === undefined,
});
