import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { StoredRule } from '../../domain/policy.ts';
import { APPROVER_ROLES, type ApproverRole, type Facts, type Rule } from '../../domain/policy.ts';
import { type Ask, POLICY_SUBJECTS, type PolicySubject } from '../../domain/programs/policies.ts';
import { REVIEW_STATUSES, type ReviewStatus } from '../../domain/programs/review.ts';
import { Id, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The decisions that are asked of policies, and people's answers to them. */

const ReviewRow = z.strictObject({
  id: z.string(),
  subject: z.enum(POLICY_SUBJECTS),
  subjectId: z.string(),
  ask: z.string(),
  programId: z.number(),
  partnerId: z.bigint(),
  /** The number of the version of the policy, and that of its rule. */
  version: z.number(),
  ruleNo: z.number(),
  rule: StoredRule,
  facts: z.record(z.string(), z.array(z.string())),
  askedById: z.string(),
  askedAt: Instant,
  /** The person who wrote the policy. */
  policyById: z.string(),
  /** The person who confirmed it. Null where nobody had to. */
  policyConfirmedById: z.string().nullable(),
  status: z.enum(REVIEW_STATUSES),
  stage: z.number(),
  isEscalated: z.boolean(),
  dueAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  reason: z.string().nullable(),
});
export type Review = z.infer<typeof ReviewRow>;

const selectReview = sql.fragment`
  select review.id, review.subject, review.subject_id as "subjectId", review.ask, review.program_id as "programId",
    review.partner_id as "partnerId", version.version, review.rule_no as "ruleNo", review.rule, review.facts,
    review.asked_by as "askedById", review.asked_at as "askedAt", version.created_by as "policyById", confirmation.confirmed_by as "policyConfirmedById", review.status, review.stage,
    review.is_escalated as "isEscalated", review.due_at as "dueAt", review.ended_at as "endedAt", review.reason
  from policy_review review join policy_version version on version.id = review.policy_version_id
  left join policy_confirmation confirmation on confirmation.policy_version_id = version.id`;

export type NewReview = {
  subject: PolicySubject;
  subjectId: string;
  ask: Ask;
  programId: number;
  partnerId: bigint;
  versionId: number;
  ruleNo: number;
  rule: Rule;
  facts: Facts;
  askedBy: string;
};

/** Writes a review that waits in its first stage. A subject has one open review at a time. */
export async function insertReview(db: Database, review: NewReview): Promise<Review> {
  const id = await db.oneFirst(sql.type(Id)`
    insert into policy_review(subject, subject_id, ask, program_id, partner_id, policy_version_id, rule_no, rule, facts, asked_by)
    values (${review.subject}, ${review.subjectId}, ${review.ask}, ${review.programId}, ${review.partnerId}, ${review.versionId},
      ${review.ruleNo}, ${sql.jsonb(review.rule)}, ${sql.jsonb(review.facts as Record<string, string[]>)}, ${review.askedBy})
    returning id`);
  return db.one(sql.type(ReviewRow)`${selectReview} where review.id = ${id}`);
}

/** Locks the open review of a subject; null if there is none. */
export async function lockOpenReview(db: Database, subject: PolicySubject, subjectId: string): Promise<Review | null> {
  await db.query(sql.unsafe`
    select from policy_review where subject = ${subject} and subject_id = ${subjectId} and status = 'waiting' for update`);
  return db.maybeOne(sql.type(ReviewRow)`
    ${selectReview} where review.subject = ${subject} and review.subject_id = ${subjectId} and review.status = 'waiting'`);
}

/** The reviews of a subject, oldest first. */
export const listReviews = (db: Database, subject: PolicySubject, subjectId: string): Promise<readonly Review[]> =>
  db.any(sql.type(ReviewRow)`
    ${selectReview} where review.subject = ${subject} and review.subject_id = ${subjectId} order by review.id`);

export type ReviewChange = {
  status: ReviewStatus;
  stage: number;
  isEscalated: boolean;
  dueAt: Date | null;
  reason: string | null;
};

/** Writes where a review stands. */
export const updateReview = (db: Database, id: string, { status, stage, isEscalated, dueAt, reason }: ReviewChange) =>
  db.query(sql.unsafe`
    update policy_review set status = ${status}, stage = ${stage}, is_escalated = ${isEscalated},
      due_at = ${dueAt?.toISOString() ?? null}, reason = ${reason}, ended_at = case when ${status} = 'waiting' then null else now() end
    where id = ${id}`);

const AnswerRow = z.strictObject({
  reviewId: z.string(),
  by: z.string(),
  byId: z.string(),
  stage: z.number(),
  role: z.enum(APPROVER_ROLES),
  decision: z.enum(['approve', 'decline']),
  note: z.string().nullable(),
  at: Instant,
});
export type ReviewAnswer = z.infer<typeof AnswerRow>;

const selectAnswers = sql.fragment`
  select answer.review_id as "reviewId", actor.code as by, actor.id as "byId", answer.stage, answer.role, answer.decision, answer.note,
    answer.at
  from policy_answer answer join actor on actor.id = answer.actor_id`;

/** The answers to a review, oldest first. */
export const listAnswers = (db: Database, reviewId: string): Promise<readonly ReviewAnswer[]> =>
  db.any(sql.type(AnswerRow)`
    ${selectAnswers} where answer.review_id = ${reviewId} order by answer.at, answer.actor_id`);

/** The answers to every review of a subject, oldest first. */
export const listAnswersAbout = (
  db: Database,
  subject: PolicySubject,
  subjectId: string,
): Promise<readonly ReviewAnswer[]> =>
  db.any(sql.type(AnswerRow)`
    ${selectAnswers} join policy_review review on review.id = answer.review_id
    where review.subject = ${subject} and review.subject_id = ${subjectId} order by answer.at, answer.actor_id`);

export type NewAnswer = {
  actorId: string;
  role: ApproverRole;
  stage: number;
  decision: 'approve' | 'decline';
  note: string | null;
};

/** Writes a person's answer. */
export const insertAnswer = (db: Database, reviewId: string, { actorId, role, stage, decision, note }: NewAnswer) =>
  db.query(sql.unsafe`
    insert into policy_answer(review_id, actor_id, stage, role, decision, note, at)
    values (${reviewId}, ${actorId}, ${stage}, ${role}, ${decision}, ${note}, clock_timestamp())`);

const AnswererRow = z.strictObject({
  isPerson: z.boolean(),
  isPayee: z.boolean(),
  giver: z.string().nullable(),
  hasAnswered: z.boolean(),
});

const handsOf = (reviewId: string): FragmentSqlToken => sql.fragment`
  select asked_by as id from policy_review where id = ${reviewId}
  union select actor_id from policy_answer where review_id = ${reviewId}`;

/** How a person who wants to answer stands to a review: the person who took part and gave them their role, if there is one. */
export const readAnswerer = (
  db: Database,
  reviewId: string,
  actorId: string,
  role: ApproverRole,
): Promise<z.infer<typeof AnswererRow>> =>
  db.one(sql.type(AnswererRow)`
    select is_person(${actorId}) as "isPerson", review.partner_id in (select partner_id from partners_of(${actorId})) as "isPayee",
      (select actor.code from (${handsOf(reviewId)}) hand join actor on actor.id = hand.id
       where gave_role(hand.id, ${actorId}, ${role}) or gave_role(hand.id, ${actorId}, 'approver') order by 1 limit 1) as giver,
      exists (select from policy_answer where review_id = ${reviewId} and actor_id = ${actorId}) as "hasAnswered"
    from policy_review review where review.id = ${reviewId}`);
