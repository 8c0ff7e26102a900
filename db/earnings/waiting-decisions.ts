import { sql } from 'slonik';
import { z } from 'zod';

import { APPROVER_ROLES } from '../../domain/policy.ts';
import type { PolicySubject } from '../../domain/programs/policies.ts';
import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The decisions about deals, requests and claims that wait for people. */

const WaitingRow = z.strictObject({
  subjectId: z.string(),
  /** The customer of a deal, or the purpose of a request or a claim. */
  title: z.string(),
  partner: z.string(),
  program: z.string(),
  ask: z.string(),
  stage: z.number(),
  stages: z.number(),
  isEscalated: z.boolean(),
  /** The roles that may answer now. */
  roles: z.array(z.enum(APPROVER_ROLES)),
  askedAt: Instant,
  dueAt: Instant.nullable(),
});
export type WaitingDecision = z.infer<typeof WaitingRow>;

/** The decisions about a subject that wait, the earliest deadline first. */
export const listWaitingDecisions = (
  db: Database,
  subject: PolicySubject,
  limit: number,
): Promise<readonly WaitingDecision[]> =>
  db.any(sql.type(WaitingRow)`
    select review.subject_id as "subjectId", coalesce(deal.customer, request.wish, claim.wish) as title, partner.code as partner,
      program.code as program, review.ask, review.stage, jsonb_array_length(review.rule -> 'stages') as stages,
      review.is_escalated as "isEscalated",
      array_remove(array[asked.rule ->> 'role', case when review.is_escalated then asked.rule -> 'escalate' ->> 'role' end], null) as roles,
      review.asked_at as "askedAt", review.due_at as "dueAt"
    from policy_review review
    join partner on partner.id = review.partner_id join program on program.id = review.program_id
    left join deal on review.subject = 'deal' and deal.id = review.subject_id
    left join partner_request request on review.subject = 'request' and request.id = review.subject_id
    left join fund_claim claim on review.subject = 'claim' and claim.id = review.subject_id
    cross join lateral (select review.rule -> 'stages' -> (review.stage - 1) as rule) asked
    where review.subject = ${subject} and review.status = 'waiting'
    order by review.due_at, review.id limit ${limit}`);
