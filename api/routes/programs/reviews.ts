import { z } from '@hono/zod-openapi';

import type { Database } from '../../../db/database.ts';
import { listAnswersAbout, listReviews, type Review, type ReviewAnswer } from '../../../db/programs/reviews.ts';
import { APPROVER_ROLES } from '../../../domain/policy.ts';
import { type PolicySubject } from '../../../domain/programs/policies.ts';
import { REVIEW_STATUSES, rolesAsked } from '../../../domain/programs/review.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { Reason } from '../../http/schemas.ts';

/** How decisions by policy look to the people who make them. */

const AnswerBody = z
  .object({
    by: fields.code('The person who answered', 'anna'),
    stage: fields.count('The stage, counted from 1', 1),
    role: fields.oneOf(APPROVER_ROLES, 'The role in which they answered', 'approver'),
    decision: fields.oneOf(['approve', 'decline'], 'Their answer', 'approve'),
    note: fields.text('Their note; null if there is none', 'I know this customer.').nullable(),
    at: fields.at('When they answered'),
  })
  .openapi('ReviewAnswer');

const ReviewBody = z
  .object({
    ask: fields.text('The question that the policy was asked', 'registration'),
    status: fields.oneOf(REVIEW_STATUSES, 'The status of the decision', 'waiting'),
    policyVersion: fields.count('The version of the policy by which it is decided', 2),
    rule: fields.count('The number of the rule that fits, counted from 1', 3),
    ruleTitle: fields.text('The title of that rule', 'All others'),
    facts: fields.facts('The facts that the policy was asked with', { amount: ['25000.00'], currency: ['USD'] }),
    stage: fields.count('The stage in which it waits or ended, counted from 1', 1),
    isEscalated: z
      .boolean()
      .meta({ description: 'Whether nobody answered in the first time of the stage', examples: [false] }),
    waitsFor: z
      .array(fields.oneOf(APPROVER_ROLES, 'A role', 'approver'))
      .meta({ description: 'The roles that may answer now; empty once it is decided', examples: [['approver']] }),
    dueAt: fields.at('When the time to answer is over; null once it is decided').nullable(),
    reason: fields.text('The reason against it; null if there is none', 'Nobody answered in time.').nullable(),
    askedAt: fields.at('When it was asked'),
    endedAt: fields.at('When it was decided; null until then').nullable(),
    answers: z.array(AnswerBody).meta({ description: 'The answers of people, oldest first' }),
  })
  .openapi('Review');

export const reviewsField = z
  .array(ReviewBody)
  .meta({ description: 'The decisions that were asked of the policy about it, oldest first' });

const reviewBody = (review: Review, answers: readonly ReviewAnswer[]) => ({
  ask: review.ask,
  status: review.status,
  policyVersion: review.version,
  rule: review.ruleNo,
  ruleTitle: review.rule.title,
  facts: review.facts,
  stage: review.stage,
  isEscalated: review.isEscalated,
  waitsFor: rolesAsked(review),
  dueAt: review.dueAt?.toISOString() ?? null,
  reason: review.reason,
  askedAt: review.askedAt.toISOString(),
  endedAt: review.endedAt?.toISOString() ?? null,
  answers: answers
    .filter(({ reviewId }) => reviewId === review.id)
    .map(({ reviewId: _review, byId: _id, at, ...answer }) => ({ ...answer, at: at.toISOString() })),
});

export async function reviewsOf(db: Database, subject: PolicySubject, id: string) {
  const [reviews, answers] = await Promise.all([listReviews(db, subject, id), listAnswersAbout(db, subject, id)]);
  return reviews.map((review) => reviewBody(review, answers));
}

export const DECISION_FIELDS = {
  decision: fields.oneOf(['approve', 'decline'], 'Your answer', 'approve'),
  note: Reason.meta({
    description: 'A note. If you decline, the partner reads it as the reason',
    examples: ['We serve this customer ourselves.'],
  }).optional(),
};

export const DecisionBody = z.strictObject(DECISION_FIELDS).openapi('PolicyDecision');

export const DECISION_PROBLEMS = {
  403: problemResponse(
    'It waits for another role, you or a person who gave you your role took part in it, or the partner pays you. Nothing was recorded.',
  ),
  409: problemResponse('Nothing waits for a decision, or you answered before. Nothing was recorded.'),
};
