import type { Database } from '../../db/database.ts';
import {
  type FundClaim,
  getClaim,
  insertFundClaim,
  lockClaim,
  type NewFundClaim,
  updateFundClaim,
} from '../../db/earnings/fund-claims.ts';
import { type Fund, lockFund } from '../../db/earnings/funds.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { getProgram } from '../../db/programs/programs.ts';
import { listAnswers, type Review } from '../../db/programs/reviews.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { localDate } from '../../domain/calendar.ts';
import { isRequestOver } from '../../domain/earnings/request.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { formatDecimal, formatMoney, money } from '../../domain/money.ts';
import { covers } from '../../domain/partners/agreement.ts';
import { answerReview, type AnswerWish, askPolicy, daysOf, followReview, withdrawReview } from '../programs/reviews.ts';
import { proposeCorrection } from './correction-proposals.ts';
import { decideCorrection } from './corrections.ts';
import type { Caller } from './deals.ts';
import { refuseStrangers } from './members.ts';

export type ClaimWish = Omit<NewFundClaim, 'programId' | 'partnerId' | 'claimedBy'> & {
  program: string;
  partner: string;
};

/**
 * Records a claim of a partner, and asks the program's policy. A claim that waits takes its amount from the fund, so that two claims never
 * get the same money. Throws Failure `not_found` or `invalid_input`.
 */
export const addClaim = (db: Database, wish: ClaimWish, { by, nowMs }: Caller): Promise<FundClaim> =>
  db.transaction(async (tx) => {
    const program = await getProgram(tx, wish.program);
    const partner = await getPartner(tx, wish.partner);
    const { zone } = await daysOf(tx, program.id);
    const today = localDate(nowMs, zone);
    await refuseStrangers(tx, partner.code, program.code, today);
    const fund = wish.fundId === null ? null : await lockOwnFund(tx, wish.fundId, partner.id);
    const refusal = fund && whyNotFrom(fund, { ...wish, programId: program.id }, today);
    if (refusal) throw refused(refusal.field, refusal.reason);
    const partnerId = fund?.partnerId ?? partner.id;
    const id = await insertFundClaim(tx, { ...wish, programId: program.id, partnerId, claimedBy: by });
    await addAuditEntry(tx, { actorId: by, action: 'claim.add', subject: `claim/${id}` });
    const claim = await lockClaim(tx, id);
    const review = await askPolicy(tx, {
      subject: 'claim',
      subjectId: id,
      ask: 'claim',
      programId: program.id,
      program: program.code,
      partner,
      facts: {
        amount: [formatDecimal(money(wish.minor, wish.currency))],
        currency: [wish.currency],
        hasFund: [wish.fundId === null ? 'no' : 'yes'],
      },
      askedBy: by,
      nowMs,
    });
    if (review.status === 'waiting') await tell(tx, claim, 'received', null);
    await apply(tx, claim, review);
    return getClaim(tx, id);
  });

type Wished = Pick<NewFundClaim, 'programId' | 'currency' | 'minor'>;

/** Locks a fund of a partner, also one of a partner who was merged into them. Another partner's fund does not exist for them. */
async function lockOwnFund(tx: Database, id: string, partnerId: bigint): Promise<Fund> {
  const fund = await lockFund(tx, id);
  if ((await getPartner(tx, fund.partner)).id !== partnerId) throw new Failure('not_found', `There is no fund ${id}.`);
  return fund;
}

/** The reason why a fund does not pay a claim, or undefined. */
function whyNotFrom(fund: Fund, wish: Wished, today: string): { field: string; reason: string } | undefined {
  if (fund.programId !== wish.programId)
    return { field: 'program', reason: `is not ${fund.program}, which has the fund` };
  if (fund.currency !== wish.currency)
    return { field: 'currency', reason: `is not ${fund.currency}, that of the fund` };
  if (!covers({ from: fund.startsOn, until: fund.endsOn }, today))
    return { field: 'fund', reason: `is open from ${fund.startsOn} until ${fund.endsOn}, and today is ${today}` };
  const left = money(fund.minor - fund.waitingMinor - fund.grantedMinor, fund.currency);
  return wish.minor > left.minor
    ? { field: 'amount', reason: `is more than the ${formatMoney(left)} that the fund has left` }
    : undefined;
}

/** Records a person's answer about a claim. Throws the refusals of `answerReview`. */
export const answerClaim = (db: Database, wish: Omit<AnswerWish, 'subject'>): Promise<FundClaim> =>
  db.transaction(async (tx) => {
    const claim = await lockClaim(tx, wish.subjectId);
    await apply(tx, claim, await answerReview(tx, { ...wish, subject: 'claim' }));
    return getClaim(tx, claim.id);
  });

/** Brings a claim to where time and answers have it. */
export const advanceClaim = (db: Database, id: string, nowMs: number): Promise<FundClaim> =>
  db.transaction(async (tx) => {
    const claim = await lockClaim(tx, id);
    const review = await followReview(tx, 'claim', id, nowMs);
    if (review) await apply(tx, claim, review);
    return getClaim(tx, id);
  });

/** Does to a claim what its review says. */
async function apply(tx: Database, claim: FundClaim, review: Review): Promise<void> {
  const { status, reason, dueAt } = review;
  const change = { ...claim, reason, dueAt: null, endedBy: null };
  if (status === 'waiting') return void (await updateFundClaim(tx, claim.id, { ...claim, dueAt, endedBy: null }));
  if (status === 'approved') {
    const correctionId = await credit(tx, claim, review);
    await updateFundClaim(tx, claim.id, { ...change, status: 'granted', correctionId });
    return tell(tx, claim, 'granted', null);
  }
  const next = status === 'expired' ? 'expired' : 'declined';
  await updateFundClaim(tx, claim.id, { ...change, status: next });
  return tell(tx, claim, next, reason);
}

/**
 * Books a granted claim as a credit. The first person who approved is its proposer, and the last one confirms it. Where nobody had to
 * approve, they are the two people who wrote and confirmed the limit in the policy. All of them had a hand in the line.
 */
async function credit(tx: Database, claim: FundClaim, review: Review): Promise<string> {
  const people = (await listAnswers(tx, review.id)).map(({ byId }) => byId);
  const hands = people.length > 0 ? people : [review.policyById, review.policyConfirmedById ?? ''];
  const [proposedBy = ''] = hands;
  const actorId = hands.at(-1) ?? '';
  const { code: partner } = await getPartner(tx, claim.partner);
  const { id } = await proposeCorrection(tx, {
    kind: 'credit',
    reason: `Claim: ${claim.wish}`,
    reference: `claim ${claim.id}`,
    proposedBy,
    hands: [...new Set([...hands, claim.claimedById])],
    items: [
      {
        partner,
        program: claim.program,
        currency: claim.currency,
        minor: claim.minor,
        availableOn: null,
        reason: null,
      },
    ],
  });
  await decideCorrection(tx, { id, actorId, decision: 'confirm', note: `claim ${claim.id}`, isTold: true });
  return id;
}

/** Withdraws a claim that waits, so that the fund has its amount again. Throws Failure `not_found` or `status_does_not_allow`. */
export const withdrawClaim = (
  db: Database,
  id: string,
  { reason, by }: { reason: string; by: string },
): Promise<FundClaim> =>
  db.transaction(async (tx) => {
    const claim = await lockClaim(tx, id);
    if (isRequestOver(claim.status))
      throw new Failure('status_does_not_allow', `The claim is ${claim.status}. Nothing was recorded.`);
    await withdrawReview(tx, 'claim', id, by);
    await updateFundClaim(tx, id, { ...claim, status: 'withdrawn', reason, dueAt: null, endedBy: by });
    await addAuditEntry(tx, { actorId: by, action: 'claim.withdraw', subject: `claim/${id}` });
    await tell(tx, claim, 'withdrawn', reason);
    return getClaim(tx, id);
  });

/** Tells the partner once of each thing that happens to a claim. */
const tell = async (tx: Database, claim: FundClaim, what: string, reason: string | null): Promise<void> =>
  void (await addNotification(tx, {
    kind: 'claim_changed',
    dedupeKey: `claim/${claim.id}/${what}`,
    audience: 'partner',
    partnerId: (await getPartner(tx, claim.partner)).id,
    body: {
      claim: claim.id,
      amount: formatDecimal(money(claim.minor, claim.currency)),
      currency: claim.currency,
      what,
      reason: reason ?? '',
    },
  }));
