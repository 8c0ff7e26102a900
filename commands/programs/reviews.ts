import type { Database } from '../../db/database.ts';
import { listPartnerFacts } from '../../db/partners/facts.ts';
import type { Partner } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { findPolicyInForce, mayPayAlone, type PolicyVersion, readProgramDays } from '../../db/programs/policies.ts';
import {
  insertAnswer,
  insertReview,
  listAnswers,
  lockOpenReview,
  readAnswerer,
  type Review,
  updateReview,
} from '../../db/programs/reviews.ts';
import { localDate } from '../../domain/calendar.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { covers } from '../../domain/partners/agreement.ts';
import { closedDatesOf } from '../../domain/payers/settlement-calendar.ts';
import { type ApproverRole, type Facts, ruleFor } from '../../domain/policy.ts';
import { type Ask, partnerFactName, type PolicySubject } from '../../domain/programs/policies.ts';
import { whyNotAnswer } from '../../domain/programs/review.ts';
import { type Days, type Standing, standingOf } from '../../domain/stages.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { openTask } from '../open-task.ts';

/** Decisions by policy: asked, answered by people, and brought forward by time. The subject itself follows in the same transaction. */

/** The zone and the business days by which a program counts. */
export async function daysOf(db: Database, programId: number): Promise<Days> {
  const { zone, currency } = await readProgramDays(db, programId);
  return { zone, closed: closedDatesOf(currency) };
}

/** The facts about a partner on a day that every policy may ask for. */
export async function factsAbout(db: Database, partner: Partner, day: string, nowMs: number): Promise<Facts> {
  const facts = (await listPartnerFacts(db, [partner.id])).filter(({ from, until }) => covers({ from, until }, day));
  return {
    partnerKind: [partner.kind],
    partnerCountry: [partner.country],
    partnerDays: [String(Math.max(Math.floor((nowMs - partner.createdAt.getTime()) / DAY_MS), 0))],
    ...Object.fromEntries(
      [...Map.groupBy(facts, ({ key }) => key)].map(([key, all]) => [
        partnerFactName(key),
        all.map(({ value }) => value),
      ]),
    ),
  };
}

export type ReviewWish = {
  subject: PolicySubject;
  subjectId: string;
  ask: Ask;
  programId: number;
  program: string;
  partner: Partner;
  facts: Facts;
  askedBy: string;
  nowMs: number;
};

/**
 * Asks the program's policy, and returns the review where it stands: decided where its rule is automatic. Throws Failure `invalid_input`
 * where the program has no policy for it.
 */
export async function askPolicy(tx: Database, wish: ReviewWish): Promise<Review> {
  const { subject, subjectId, ask, programId, partner, askedBy, nowMs } = wish;
  const version = await findPolicyInForce(tx, programId, subject);
  if (!version)
    throw refused(
      'program',
      `has no policy for a ${subject}: an operator adds one with POST /v1/programs/${wish.program}/policies/${subject}`,
    );
  const days = await daysOf(tx, programId);
  const about = await factsAbout(tx, partner, localDate(nowMs, days.zone), nowMs);
  const facts = { ...about, ...wish.facts, ask: [ask] };
  const { no, rule } = await ruleNow(tx, version, partner.id, facts);
  const review = await insertReview(tx, {
    subject,
    subjectId,
    ask,
    programId,
    partnerId: partner.id,
    versionId: version.id,
    ruleNo: no,
    rule,
    facts,
    askedBy,
  });
  return follow(tx, review, nowMs, true);
}

/** The rule that decides. While the people behind a limit may not pay the partner, other people decide. */
async function ruleNow(tx: Database, version: PolicyVersion, partnerId: bigint, facts: Facts) {
  const found = ruleFor(version.policy, facts);
  const paysAlone = version.needsConfirmation && found.rule.automatic === 'approve';
  if (!paysAlone || (await mayPayAlone(tx, version.id, partnerId))) return found;
  return ruleFor(version.policy, facts, { byPeople: true });
}

/** Brings the open review of a subject to where time and answers have it. Null if none is open. */
export async function followReview(tx: Database, subject: PolicySubject, id: string, nowMs: number) {
  const review = await lockOpenReview(tx, subject, id);
  return review && follow(tx, review, nowMs);
}

export type AnswerWish = {
  subject: PolicySubject;
  subjectId: string;
  by: { id: string; role: string };
  decision: 'approve' | 'decline';
  note: string | null;
  nowMs: number;
};

/** Records a person's answer to the open review of a subject, and returns where it stands then. Throws the refusals of `whyNotAnswer`. */
export async function answerReview(tx: Database, wish: AnswerWish): Promise<Review> {
  const { subject, subjectId, by, decision, note, nowMs } = wish;
  const open = await lockOpenReview(tx, subject, subjectId);
  if (!open)
    throw new Failure(
      'decision_not_open',
      `Nothing about ${subject} ${subjectId} waits for a decision. Nothing was recorded.`,
    );
  const role = by.role as ApproverRole;
  const standing = await whereItStands(tx, open, nowMs);
  const refusal = whyNotAnswer(standing, open.askedById, { ...by, ...(await readAnswerer(tx, open.id, by.id, role)) });
  if (refusal) throw new Failure(refusal.code, refusal.message);
  const review = await follow(tx, open, nowMs); // an escalation that is due is written before its answer
  await insertAnswer(tx, review.id, { actorId: by.id, role, stage: review.stage, decision, note });
  const detail = { decision, stage: review.stage, ask: review.ask };
  await addAuditEntry(tx, { actorId: by.id, action: `${subject}.answer`, subject: `${subject}/${subjectId}`, detail });
  return follow(tx, review, Math.max(nowMs, Date.now()));
}

/** The role in which a person would answer a review that waits, and why they may not, if so. A role that is asked comes first. */
export async function whyNotMe(
  db: Database,
  review: Review,
  { id, roles }: { id: string; roles: readonly string[] },
  nowMs: number,
): Promise<{ role: string; refusal: string | undefined }> {
  const standing = await whereItStands(db, review, nowMs);
  const asked: readonly string[] = standing.status === 'waiting' ? standing.roles : [];
  const role = roles.find((one) => asked.includes(one)) ?? roles[0] ?? 'auditor';
  const answerer = { id, role, ...(await readAnswerer(db, review.id, id, role as ApproverRole)) };
  return { role, refusal: whyNotAnswer(standing, review.askedById, answerer)?.message };
}

/** Ends the open review of a subject that nobody wants decided any longer. */
export async function withdrawReview(tx: Database, subject: PolicySubject, id: string, by: string): Promise<void> {
  const open = await lockOpenReview(tx, subject, id);
  if (!open) return;
  await updateReview(tx, open.id, { ...open, status: 'withdrawn', dueAt: null });
  await closeWaiting(tx, open, 'withdrawn', by);
}

async function whereItStands(tx: Database, review: Review, nowMs: number): Promise<Standing> {
  const answers = (await listAnswers(tx, review.id)).map(({ stage, decision, at }) => ({
    stage,
    decision,
    atMs: at.getTime(),
  }));
  const days = await daysOf(tx, review.programId);
  return standingOf(review.rule, answers, { askedAtMs: review.askedAt.getTime(), nowMs, days });
}

/** Writes where a review stands. Its people are asked anew when a stage begins, and once more when it escalates. */
async function follow(tx: Database, review: Review, nowMs: number, isNew = false): Promise<Review> {
  const standing = await whereItStands(tx, review, nowMs);
  if (standing.status !== 'waiting') {
    const { status } = standing;
    const reason = standing.reason ?? (status === 'declined' ? await noteOf(tx, review) : null);
    await updateReview(tx, review.id, { ...review, status, reason, dueAt: null });
    await closeWaiting(tx, review, status, null);
    return { ...review, status, reason, dueAt: null };
  }
  const { stage, isEscalated, dueAtMs } = standing;
  const next = { ...review, stage, isEscalated, dueAt: new Date(dueAtMs) };
  const hasMoved = isNew || stage !== review.stage || isEscalated !== review.isEscalated;
  if (!hasMoved) return next;
  await updateReview(tx, review.id, next);
  await closeWaiting(tx, review, isEscalated ? 'escalated' : `stage ${review.stage} approved`, null);
  await openTask(tx, {
    kind: 'decision_waiting',
    subject: subjectOf(review),
    payoutId: null,
    detail: `A ${review.subject} (${review.ask}) waits in stage ${stage} for ${standing.missing} more of the role ${standing.roles.join(' or ')}${isEscalated ? ', because nobody answered in time' : ''}. Approve or decline it.`,
    evidence: { role: standing.roles.at(-1) ?? '', stage, ask: review.ask },
    deadlineAt: next.dueAt,
  });
  return next;
}

const subjectOf = ({ subject, subjectId }: Review): string => `${subject}/${subjectId}`;

const closeWaiting = (tx: Database, review: Review, resolution: string, actorId: string | null) =>
  closeTask(tx, { kind: 'decision_waiting', subject: subjectOf(review) }, { actorId, resolution });

const noteOf = async (tx: Database, review: Review): Promise<string | null> =>
  (await listAnswers(tx, review.id)).find(({ decision }) => decision === 'decline')?.note ?? null;
