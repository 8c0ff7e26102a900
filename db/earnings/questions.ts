import { sql } from 'slonik';
import { z } from 'zod';

import {
  MESSAGE_KINDS,
  MESSAGE_SIDES,
  type MessageKind,
  type MessageSide,
  QUESTION_STATUSES,
  QUESTION_SUBJECTS,
  type QuestionStatus,
  type QuestionSubject,
} from '../../domain/earnings/question.ts';
import { Failure } from '../../domain/errors.ts';
import type { UnitCode } from '../../domain/unit.ts';
import { Id, Instant, LocalDate, Unit } from '../column-types.ts';
import type { Database } from '../database.ts';
import { familyOf } from '../partners/partners.ts';

/** Questions of partners about lines, and what was said. */

const QuestionRow = z.strictObject({
  id: z.string(),
  partnerId: z.bigint(),
  partner: z.string(),
  about: z.enum(QUESTION_SUBJECTS),
  payoutId: z.string().nullable(),
  source: z.string().nullable(),
  eventId: z.string().nullable(),
  line: z.string().nullable(),
  day: LocalDate.nullable(),
  currency: Unit.nullable(),
  minor: z.bigint().nullable(),
  askedAt: Instant,
  status: z.enum(QUESTION_STATUSES),
  statusAt: Instant,
  dueAt: Instant.nullable(),
  reopenedAt: Instant.nullable(),
  correctionId: z.string().nullable(),
});
export type Question = z.infer<typeof QuestionRow>;

const selectQuestion = sql.fragment`
  select question.id, question.partner_id as "partnerId", partner.code as partner, question.about, question.payout_id as "payoutId",
    question.source, question.source_id as "eventId", question.line, question.day, question.currency, question.amount_minor as minor,
    question.asked_at as "askedAt", question.status, question.status_at as "statusAt", question.due_at as "dueAt",
    question.reopened_at as "reopenedAt", question.correction_id as "correctionId"
  from question join partner on partner.id = question.partner_id`;

export async function getQuestion(db: Database, id: string): Promise<Question> {
  const question = await db.maybeOne(sql.type(QuestionRow)`${selectQuestion} where question.id = ${id}`);
  if (!question) throw new Failure('not_found', `There is no question ${id}.`);
  return question;
}

/** Reads a question and locks it for this transaction. */
export async function lockQuestion(db: Database, id: string): Promise<Question> {
  await db.query(sql.unsafe`select from question where id = ${id} for update`);
  return getQuestion(db, id);
}

export type QuestionFilter = { partnerId?: bigint | undefined; status?: QuestionStatus | undefined };

/** Questions before a cursor, newest first. Those of a partner include the questions of partners who were merged into that one. */
export const listQuestions = (
  db: Database,
  { partnerId, status }: QuestionFilter,
  before: string | null,
  limit: number,
): Promise<readonly Question[]> =>
  db.any(sql.type(QuestionRow)`
    ${selectQuestion}
    where ${partnerId === undefined ? sql.fragment`true` : sql.fragment`question.partner_id = any(${familyOf(partnerId)})`}
      and (${status ?? null}::text is null or question.status = ${status ?? null})
      and (${before}::uuid is null or question.id < ${before}::uuid)
    order by question.id desc limit ${limit}`);

/** The questions that wait for us, the earliest deadline first. */
export const listOpenQuestions = (db: Database, limit: number): Promise<readonly Question[]> =>
  db.any(sql.type(QuestionRow)`
    ${selectQuestion} where question.due_at is not null and question.status = 'open' order by question.due_at, question.id limit ${limit}`);

/** The questions that wait for a partner whose time to reply is over. */
export const listSilentQuestions = (db: Database, limit: number): Promise<readonly { id: string }[]> =>
  db.any(sql.type(Id)`
    select id from question where due_at < now() and status = 'asked_back' order by due_at, id limit ${limit}`);

/** The question that a correction would adjust. Null if the correction came from no question. */
export const findQuestionOf = (db: Database, correctionId: string): Promise<string | null> =>
  db.maybeOneFirst(sql.type(Id)`
    select id from question where correction_id = ${correctionId} and status = 'adjusting'`);

const CountRow = z.strictObject({ count: z.number() });

/** How many questions of a partner are not over. */
export const countOpenQuestions = (db: Database, partnerId: bigint): Promise<number> =>
  db.oneFirst(sql.type(CountRow)`
    select count(*)::int as count from question
    where partner_id = ${partnerId} and status in ('open', 'asked_back', 'adjusting')`);

const KnownRow = z.strictObject({ known: z.boolean() });

/** Whether a partner earned something by an event, or by something that people decided. */
export const hasEarned = (
  db: Database,
  partnerId: bigint,
  { source, eventId }: { source: string; eventId: string },
): Promise<boolean> =>
  db.oneFirst(sql.type(KnownRow)`
    select exists (
        select from event join earning on earning.event_id = event.id
        where event.source = ${source} and event.source_id = ${eventId} and earning.partner_id = any(${familyOf(partnerId)}))
      or ${source} in ('correction', 'conversion', 'resolution') as known`);

/** Whether a payout is one of a partner, or of one who was merged into them. */
export const hasPayout = (db: Database, partnerId: bigint, payoutId: string): Promise<boolean> =>
  db.oneFirst(sql.type(KnownRow)`
    select exists (select from payout where id = ${payoutId} and partner_id = any(${familyOf(partnerId)})) as known`);

export type NewQuestion = {
  about: QuestionSubject;
  payoutId: string | null;
  source: string | null;
  eventId: string | null;
  line: string | null;
  day: string | null;
  currency: UnitCode | null;
  minor: bigint | null;
};

/** Writes a question that waits for us. */
export const insertQuestion = (
  db: Database,
  partnerId: bigint,
  wish: NewQuestion,
  { by, dueAt }: { by: string; dueAt: Date },
): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into question(partner_id, about, payout_id, source, source_id, line, day, currency, amount_minor, asked_by, due_at)
    values (${partnerId}, ${wish.about}, ${wish.payoutId}, ${wish.source}, ${wish.eventId}, ${wish.line}, ${wish.day}, ${wish.currency},
      ${wish.minor}, ${by}, ${dueAt.toISOString()})
    returning id`);

export type QuestionChange = {
  status: QuestionStatus;
  dueAt: Date | null;
  correctionId: string | null;
  isReopened: boolean;
};

export const updateQuestion = (db: Database, id: string, { status, dueAt, correctionId, isReopened }: QuestionChange) =>
  db.query(sql.unsafe`
    update question set status = ${status}, status_at = now(), due_at = ${dueAt?.toISOString() ?? null}, correction_id = ${correctionId},
      reopened_at = case when ${isReopened} then now() else reopened_at end
    where id = ${id}`);

const MessageRow = z.strictObject({
  id: z.bigint(),
  kind: z.enum(MESSAGE_KINDS),
  side: z.enum(MESSAGE_SIDES),
  /** The person who said it. Null for what Bursar itself did. */
  by: z.string().nullable(),
  text: z.string().nullable(),
  at: Instant,
});
export type QuestionMessage = z.infer<typeof MessageRow>;

/** The messages of a question, oldest first. */
export const listMessages = (db: Database, questionId: string): Promise<readonly QuestionMessage[]> =>
  db.any(sql.type(MessageRow)`
    select message.id, message.kind, message.side, actor.code as by, message.text, message.at
    from question_message message left join actor on actor.id = message.actor_id
    where message.question_id = ${questionId} order by message.id`);

export type NewMessage = { kind: MessageKind; side: MessageSide; by: string | null; text: string | null };

const NumberRow = z.strictObject({ id: z.bigint() });

/** Writes a message, and returns its number. */
export const insertMessage = (
  db: Database,
  questionId: string,
  { kind, side, by, text }: NewMessage,
): Promise<bigint> =>
  db.oneFirst(sql.type(NumberRow)`
    insert into question_message(question_id, kind, side, actor_id, text)
    values (${questionId}, ${kind}, ${side}, ${by}, ${text}) returning id`);
