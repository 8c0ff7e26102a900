import type { Database } from '../../db/database.ts';
import { insertFund } from '../../db/earnings/funds.ts';
import {
  getRequest,
  insertRequest,
  lockRequest,
  type NewRequest,
  type PartnerRequest,
  updateRequest,
} from '../../db/earnings/requests.ts';
import { listPlanNames } from '../../db/partners/agreements.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { getProgram } from '../../db/programs/programs.ts';
import { listAnswers, type Review } from '../../db/programs/reviews.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { localDate } from '../../domain/calendar.ts';
import { isException, isRequestOver } from '../../domain/earnings/request.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import { addException } from '../partners/exceptions.ts';
import { answerReview, type AnswerWish, askPolicy, daysOf, followReview, withdrawReview } from '../programs/reviews.ts';
import type { Caller } from './deals.ts';
import { refuseStrangers } from './members.ts';

export type RequestWish = Omit<NewRequest, 'programId' | 'partnerId' | 'requestedBy'> & {
  program: string;
  partner: string;
};

/** Records what a partner asks for, and asks the program's policy. Throws Failure `not_found` or `invalid_input`. */
export const addRequest = (db: Database, wish: RequestWish, { by, nowMs }: Caller): Promise<PartnerRequest> =>
  db.transaction(async (tx) => {
    const program = await getProgram(tx, wish.program);
    const partner = await getPartner(tx, wish.partner);
    const { zone } = await daysOf(tx, program.id);
    const today = localDate(nowMs, zone);
    await refuseStrangers(tx, partner.code, program.code, today);
    if (wish.startsOn < today) throw refused('startsOn', `is before today, ${today}`);
    if (wish.plan !== null) await refuseUnknownPlan(tx, program.code, wish.plan);
    const id = await insertRequest(tx, { ...wish, programId: program.id, partnerId: partner.id, requestedBy: by });
    await addAuditEntry(tx, {
      actorId: by,
      action: 'request.add',
      subject: `request/${id}`,
      detail: { kind: wish.kind },
    });
    const request = await lockRequest(tx, id);
    const amount =
      wish.minor === null || wish.currency === null ? [] : [formatDecimal(money(wish.minor, wish.currency))];
    const review = await askPolicy(tx, {
      subject: 'request',
      subjectId: id,
      ask: wish.kind,
      programId: program.id,
      program: program.code,
      partner,
      facts: { amount, currency: wish.currency === null ? [] : [wish.currency] },
      askedBy: by,
      nowMs,
    });
    if (review.status === 'waiting') await tell(tx, request, 'received', null);
    await apply(tx, request, review, nowMs);
    return getRequest(tx, id);
  });

async function refuseUnknownPlan(tx: Database, program: string, plan: string): Promise<void> {
  const plans = await listPlanNames(tx, [program]);
  if (!plans.some((known) => known.plan === plan)) throw refused('plan', `is not a plan of ${program}`);
}

/**
 * Records a person's answer about a request. The first one who approves an exception names its plan, where the partner did not. Throws
 * the refusals of `answerReview`, and Failure `invalid_input`.
 */
export const answerRequest = (
  db: Database,
  { plan, ...wish }: Omit<AnswerWish, 'subject'> & { plan: string | null },
): Promise<PartnerRequest> =>
  db.transaction(async (tx) => {
    const request = await lockRequest(tx, wish.subjectId);
    const review = await answerReview(tx, { ...wish, subject: 'request' });
    await apply(tx, await namePlan(tx, request, plan), review, wish.nowMs);
    return getRequest(tx, request.id);
  });

async function namePlan(tx: Database, request: PartnerRequest, plan: string | null): Promise<PartnerRequest> {
  if (plan === null || plan === request.plan) return request;
  if (!isException(request.kind)) throw refused('plan', 'is only for an exception, and this request asks for a fund');
  if (request.plan !== null) throw refused('plan', `is not ${request.plan}, which was named before`);
  await refuseUnknownPlan(tx, request.program, plan);
  return { ...request, plan };
}

/** Brings a request to where time and answers have it. */
export const advanceRequest = (db: Database, id: string, nowMs: number): Promise<PartnerRequest> =>
  db.transaction(async (tx) => {
    const request = await lockRequest(tx, id);
    const review = await followReview(tx, 'request', id, nowMs);
    if (review) await apply(tx, request, review, nowMs);
    return getRequest(tx, id);
  });

/** Does to a request what its review says. A granted one becomes an exception in the agreement, or a fund. */
async function apply(tx: Database, request: PartnerRequest, review: Review, nowMs: number): Promise<void> {
  const { status, reason, dueAt } = review;
  if (status === 'waiting') return void (await updateRequest(tx, request.id, { ...request, dueAt, endedBy: null }));
  const isGranted = status === 'approved';
  if (isGranted && isException(request.kind) && request.plan === null)
    throw refused('plan', 'is missing: name the plan that the partner gets');
  const next = isGranted ? 'granted' : status === 'expired' ? 'expired' : 'declined';
  await updateRequest(tx, request.id, { ...request, status: next, reason, dueAt: null, endedBy: null });
  if (isGranted) await grant(tx, request, review, nowMs);
  await tell(tx, request, next, reason);
}

/** The last person who approved records the exception; where nobody had to, the person who wrote the policy. */
async function grant(tx: Database, request: PartnerRequest, review: Review, nowMs: number): Promise<void> {
  if (request.plan === null) return void (await insertFund(tx, request.id));
  const by = (await listAnswers(tx, review.id)).at(-1)?.byId ?? review.policyById;
  const { code: partner } = await getPartner(tx, request.partner);
  const { zone } = await daysOf(tx, request.programId);
  const today = localDate(nowMs, zone);
  const from = request.startsOn < today ? today : request.startsOn;
  if (from >= request.endsOn)
    throw refused('endsOn', 'has passed: decline the request, because there is nothing left to grant');
  const exception = {
    plan: request.plan,
    from,
    until: request.endsOn,
    reason: `request ${request.id}: ${request.wish}`,
  };
  await addException(tx, { partner, program: request.program }, exception, { by, nowMs });
}

/** Withdraws a request that waits. Throws Failure `not_found` or `status_does_not_allow`. */
export const withdrawRequest = (
  db: Database,
  id: string,
  { reason, by }: { reason: string; by: string },
): Promise<PartnerRequest> =>
  db.transaction(async (tx) => {
    const request = await lockRequest(tx, id);
    if (isRequestOver(request.status))
      throw new Failure('status_does_not_allow', `The request is ${request.status}. Nothing was recorded.`);
    await withdrawReview(tx, 'request', id, by);
    await updateRequest(tx, id, { ...request, status: 'withdrawn', reason, dueAt: null, endedBy: by });
    await addAuditEntry(tx, { actorId: by, action: 'request.withdraw', subject: `request/${id}` });
    await tell(tx, request, 'withdrawn', reason);
    return getRequest(tx, id);
  });

/** Tells the partner once of each thing that happens to a request. */
const tell = async (tx: Database, { id, kind, partner }: PartnerRequest, what: string, reason: string | null) =>
  void (await addNotification(tx, {
    kind: 'request_changed',
    dedupeKey: `request/${id}/${what}`,
    audience: 'partner',
    partnerId: (await getPartner(tx, partner)).id,
    body: { request: id, kind, what, reason: reason ?? '' },
  }));
