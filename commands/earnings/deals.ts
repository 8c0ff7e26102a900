import type { Database } from '../../db/database.ts';
import {
  type Deal,
  getDeal,
  insertDeal,
  insertExtension,
  listExtensions,
  listHolders,
  lockDeal,
  type NewDeal,
  releaseHoldings,
  takeHoldings,
  updateDeal,
} from '../../db/earnings/deals.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { getProgram } from '../../db/programs/programs.ts';
import type { Review } from '../../db/programs/reviews.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { addDays, localDate, startOfDay } from '../../domain/calendar.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { DEAL_NEXT, type DealStatus, identifiersOf, isDealOver, normalLine } from '../../domain/earnings/deal.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import { PROTECTION_DAYS_MAX } from '../../domain/programs/policies.ts';
import { answerReview, type AnswerWish, askPolicy, daysOf, followReview, withdrawReview } from '../programs/reviews.ts';
import { refuseStrangers } from './members.ts';

export type DealWish = Omit<NewDeal, 'programId' | 'partnerId' | 'registeredBy'> & { program: string; partner: string };
export type Caller = { by: string; nowMs: number };

const TAKEN = 'Another registration of this customer came first.';

/**
 * Registers a deal. The first valid registration of a customer wins: a later one is declined at once, and does not say who was first. The
 * program's policy decides about the others. Throws Failure `not_found` or `invalid_input`.
 */
export const registerDeal = (db: Database, wish: DealWish, { by, nowMs }: Caller): Promise<Deal> =>
  db.transaction(async (tx) => {
    const program = await getProgram(tx, wish.program);
    const partner = await getPartner(tx, wish.partner);
    const { zone } = await daysOf(tx, program.id);
    const today = localDate(nowMs, zone);
    await refuseStrangers(tx, partner.code, program.code, today);
    if (wish.expectedClose < today) throw refused('expectedClose', `is before today, ${today}`);
    const identifiers = identifiersOf(wish);
    if (identifiers.length === 0) throw refused('domain', 'is not a domain, and there is no registration number');
    const programId = program.id;
    const id = await insertDeal(tx, { ...wish, programId, partnerId: partner.id, registeredBy: by });
    await addAuditEntry(tx, { actorId: by, action: 'deal.register', subject: `deal/${id}` });
    const deal = await lockDeal(tx, id);
    const lines = [...new Set(wish.productLines.map(normalLine))];
    const holdings = identifiers.flatMap((identifier) => lines.map((productLine) => ({ identifier, productLine })));
    for (const holder of await listHolders(tx, programId, holdings)) await advance(tx, holder.id, nowMs);
    if ((await takeHoldings(tx, id, programId, holdings)) < holdings.length) {
      const holders = await Promise.all(
        (await listHolders(tx, programId, holdings)).map((held) => getDeal(tx, held.id)),
      );
      const own = holders.find((held) => held.id !== id && held.partnerId === partner.id);
      const reason = own ? `You registered this customer before: deal ${own.id}.` : TAKEN;
      await end(tx, deal, { status: 'declined', reason });
      return getDeal(tx, id);
    }
    const closeDays = Math.round((Date.parse(wish.expectedClose) - Date.parse(today)) / DAY_MS);
    const facts = { ...factsOf(deal), closeDays: [String(closeDays)] };
    const review = await askPolicy(tx, {
      subject: 'deal',
      subjectId: id,
      ask: 'registration',
      programId,
      program: program.code,
      partner,
      facts,
      askedBy: by,
      nowMs,
    });
    if (review.status === 'waiting') await tell(tx, deal, 'registered', null, '');
    await apply(tx, deal, review, nowMs);
    return getDeal(tx, id);
  });

const factsOf = ({ country, productLines, currency, minor }: Deal) => ({
  customerCountry: [country],
  productLine: productLines,
  currency: [currency],
  amount: [formatDecimal(money(minor, currency))],
});

/** Records a person's answer about a deal or its extension. Throws the refusals of `answerReview`. */
export const answerDeal = (db: Database, wish: Omit<AnswerWish, 'subject'>): Promise<Deal> =>
  db.transaction(async (tx) => {
    const deal = await lockDeal(tx, wish.subjectId);
    await apply(tx, deal, await answerReview(tx, { ...wish, subject: 'deal' }), wish.nowMs);
    return getDeal(tx, deal.id);
  });

/** Brings a deal to where time and answers have it: a stage that nobody answered, or a protection that is over. */
export const advanceDeal = (db: Database, id: string, nowMs: number): Promise<Deal> =>
  db.transaction((tx) => advance(tx, id, nowMs));

export async function advance(tx: Database, id: string, nowMs: number): Promise<Deal> {
  const deal = await lockDeal(tx, id);
  if (isDealOver(deal.status)) return deal;
  const review = await followReview(tx, 'deal', id, nowMs);
  if (review) await apply(tx, deal, review, nowMs);
  else await expireIfDue(tx, deal, nowMs);
  return getDeal(tx, id);
}

/** Does to a deal what its review says. A protection goes on while an extension is decided that was asked for in time. */
async function apply(tx: Database, deal: Deal, review: Review, nowMs: number): Promise<void> {
  const { status, reason, dueAt } = review;
  if (status === 'waiting') return updateAs(tx, deal, { dueAt });
  const { zone } = await daysOf(tx, deal.programId);
  const dueOn = (day: string) => new Date(startOfDay(day, zone));
  if (review.ask === 'extension') {
    const asked = (await listExtensions(tx, deal.id)).find(({ reviewId }) => reviewId === review.id);
    if (status === 'approved' && asked) {
      const { until: protectedUntil } = asked;
      await updateAs(tx, deal, { protectedUntil, extensions: deal.extensions + 1, dueAt: dueOn(protectedUntil) });
      return tell(tx, deal, `extended/${review.id}`, null, protectedUntil);
    }
    await updateAs(tx, deal, { dueAt: dueOn(deal.protectedUntil ?? '') });
    await tell(tx, deal, `extension_declined/${review.id}`, reason, deal.protectedUntil ?? '');
    return expireIfDue(tx, deal, nowMs);
  }
  if (status !== 'approved') return end(tx, deal, { status: status === 'expired' ? 'expired' : 'declined', reason });
  const protectedUntil = addDays(localDate(nowMs, zone), review.rule.grants['protectionDays'] ?? 1);
  await updateAs(tx, deal, { status: 'protected', protectedUntil, dueAt: dueOn(protectedUntil) });
  return tell(tx, deal, 'protected', null, protectedUntil);
}

async function expireIfDue(tx: Database, deal: Deal, nowMs: number): Promise<void> {
  const { zone } = await daysOf(tx, deal.programId);
  if (deal.status === 'protected' && deal.protectedUntil !== null && nowMs >= startOfDay(deal.protectedUntil, zone))
    await end(tx, deal, { status: 'expired', reason: 'The protection is over.' });
}

type Ending = { status: DealStatus; reason: string | null; by?: string };

/** Ends a deal, which then holds its customer no longer, and tells its partner. Throws Failure `status_does_not_allow`. */
export async function end(tx: Database, deal: Deal, { status, reason, by }: Ending): Promise<void> {
  if (!DEAL_NEXT[deal.status].includes(status)) throw whyNot(deal, status);
  if (by !== undefined) await withdrawReview(tx, 'deal', deal.id, by);
  await updateDeal(tx, deal.id, { ...deal, status, reason, dueAt: null, endedBy: by ?? null, isOver: true });
  await releaseHoldings(tx, deal.id);
  if (by !== undefined) await addAuditEntry(tx, { actorId: by, action: `deal.${status}`, subject: `deal/${deal.id}` });
  await tell(tx, deal, status, reason, '');
}

const updateAs = async (tx: Database, deal: Deal, change: Partial<Deal>): Promise<void> =>
  void (await updateDeal(tx, deal.id, { ...deal, ...change, endedBy: null, isOver: false }));

const whyNot = ({ status }: Deal, wished: string): Failure =>
  new Failure('status_does_not_allow', `The deal is ${status}, so it cannot become ${wished}. Nothing was recorded.`);

/** Withdraws a deal, or says that it was lost. Throws Failure `not_found` or `status_does_not_allow`. */
export const endDeal = (
  db: Database,
  id: string,
  { status, reason, by, nowMs }: { status: 'withdrawn' | 'lost'; reason: string | null } & Caller,
): Promise<Deal> =>
  db.transaction(async (tx) => {
    await end(tx, await advance(tx, id, nowMs), { status, reason, by });
    return getDeal(tx, id);
  });

/**
 * Asks to protect a deal for longer. The program's policy decides. Throws Failure `status_does_not_allow`, or `invalid_input` for a day
 * that is not later.
 */
export const extendDeal = (
  db: Database,
  id: string,
  { until, reason }: { until: string; reason: string },
  { by, nowMs }: Caller,
): Promise<Deal> =>
  db.transaction(async (tx) => {
    const deal = await advance(tx, id, nowMs);
    const open = await followReview(tx, 'deal', id, nowMs);
    if (deal.status !== 'protected' || deal.protectedUntil === null) throw whyNot(deal, 'protected for longer');
    if (open)
      throw new Failure(
        'status_does_not_allow',
        'An extension of this deal waits for a decision. Nothing was recorded.',
      );
    const extensionDays = (Date.parse(until) - Date.parse(deal.protectedUntil)) / DAY_MS;
    if (extensionDays <= 0) throw refused('until', `is not after ${deal.protectedUntil}, when the protection ends`);
    if (extensionDays > PROTECTION_DAYS_MAX) throw refused('until', `is more than ${PROTECTION_DAYS_MAX} days later`);
    await addAuditEntry(tx, { actorId: by, action: 'deal.extend', subject: `deal/${id}`, detail: { until } });
    const facts = { ...factsOf(deal), extensionDays: [String(extensionDays)], extensions: [String(deal.extensions)] };
    const review = await askPolicy(tx, {
      subject: 'deal',
      subjectId: id,
      ask: 'extension',
      programId: deal.programId,
      program: deal.program,
      partner: await getPartner(tx, deal.partner),
      facts,
      askedBy: by,
      nowMs,
    });
    await insertExtension(tx, id, { reviewId: review.id, until, reason });
    await apply(tx, deal, review, nowMs);
    return getDeal(tx, id);
  });

/** Tells the partner once of each thing that happens to a deal. */
const tell = async (tx: Database, deal: Deal, what: string, reason: string | null, until: string): Promise<void> =>
  void (await addNotification(tx, {
    kind: 'deal_changed',
    dedupeKey: `deal/${deal.id}/${what}`,
    audience: 'partner',
    partnerId: (await getPartner(tx, deal.partner)).id,
    body: { deal: deal.id, customer: deal.customer, what: what.split('/')[0] ?? what, reason: reason ?? '', until },
  }));
