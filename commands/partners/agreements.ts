import type { Database } from '../../db/database.ts';
import { tryFilteredAgain } from '../../db/earnings/set-aside.ts';
import {
  type Agreement,
  getAgreement,
  insertTerms,
  listAgreementsOf,
  listPlanNames,
  type Membership,
  type NewAgreement,
} from '../../db/partners/agreements.ts';
import { getPartner, lockPartnersByCode } from '../../db/partners/partners.ts';
import { addAuditEntries, addAuditEntry } from '../../db/people/audit.ts';
import { localDate } from '../../domain/calendar.ts';
import { type FailureDetail, Failure } from '../../domain/errors.ts';
import {
  changeTerms,
  type Days,
  findOverlap,
  newestPeriod,
  termOn,
  type TermsChange,
} from '../../domain/partners/agreement.ts';
import { refuseRivals } from './exclusive.ts';
import { refuseIneligible } from './eligibility.ts';
import { countEventsOf, zoneOf } from './worked-out.ts';

/**
 * Adds partners to programs, all or none. A partner may be in a program in several periods. Throws Failure `invalid_input` or
 * `already_exists`, which names each agreement that cannot be added.
 */
export const addAgreements = (db: Database, agreements: readonly NewAgreement[], by: string): Promise<void> =>
  db.transaction(async (tx) => {
    await lockPartnersByCode(
      tx,
      agreements.map(({ partner }) => partner),
    );
    await refuseUnknownPlans(tx, agreements);
    await refuseOverlaps(tx, agreements);
    await refuseIneligible(
      tx,
      agreements.map(({ partner, program, startsOn }) => ({ partner, program, day: startsOn })),
    );
    await insertTerms(tx, agreements.map(termOf), by);
    await refuseRivals(tx, agreements.map(termOf));
    await addAuditEntries(
      tx,
      agreements.map(({ partner, program, plan, startsOn, endsOn, reason = null }) => ({
        actorId: by,
        action: 'agreement.add',
        subject: `partner/${partner}`,
        detail: { program, plan, startsOn, endsOn, reason },
      })),
    );
  });

const termOf = ({ partner, program, plan, startsOn, endsOn, reason }: NewAgreement) => ({
  partner,
  program,
  plan,
  from: startsOn,
  until: endsOn,
  reason: reason ?? null,
});

/** An agreement, and the number of events of its changed days whose earnings were worked out before the change and stay as they are. */
export type ChangedAgreement = { agreement: Agreement; eventsWorkedOut: number };

/** Adds one partner to one program. Throws Failure `not_found`, and those of `addAgreements`. */
export const addAgreement = (db: Database, agreement: NewAgreement, by: string): Promise<ChangedAgreement> =>
  db.transaction(async (tx) => {
    const { code: partner } = await getPartner(tx, agreement.partner);
    await addAgreements(tx, [{ ...agreement, partner }], by);
    return changed(tx, { ...agreement, partner }, [termOf(agreement)]);
  });

/** Events that could not be worked out before are tried again by the terms of now. */
async function changed(tx: Database, member: Membership, days: readonly Days[]): Promise<ChangedAgreement> {
  await tryFilteredAgain(tx, member);
  return {
    agreement: await getAgreement(tx, member.partner, member.program),
    eventsWorkedOut: await countEventsOf(tx, member, days),
  };
}

async function refuseUnknownPlans(db: Database, agreements: readonly NewAgreement[]): Promise<void> {
  const plans = await listPlanNames(
    db,
    agreements.map(({ program }) => program),
  );
  const known = new Set(plans.map(({ program, plan }) => `${program} ${plan}`));
  const details = agreements
    .filter(({ program, plan }) => !known.has(`${program} ${plan}`))
    .map(({ partner, program, plan }) => ({ field: 'plan', reason: `${partner}: ${program} has no plan ${plan}` }));
  if (details.length > 0)
    throw new Failure(
      'invalid_input',
      'A program does not exist or does not have the named plan. Nothing was added. Correct the named agreements.',
      { details },
    );
}

const memberKey = ({ partner, program }: Membership): string => `${partner} ${program}`;

/** Refuses agreements that share a day with the terms in effect, or with an agreement before them in the list. */
async function refuseOverlaps(db: Database, agreements: readonly NewAgreement[]): Promise<void> {
  const taken = new Map<string, Days[]>();
  for (const { terms, ...member } of await listAgreementsOf(db, agreements)) taken.set(memberKey(member), [...terms]);
  const details: FailureDetail[] = [];
  for (const agreement of agreements) {
    const days = { from: agreement.startsOn, until: agreement.endsOn };
    const terms = taken.get(memberKey(agreement)) ?? [];
    const other = findOverlap(terms, days);
    if (other) details.push({ field: 'startsOn', reason: whyOverlaps(agreement, other) });
    taken.set(memberKey(agreement), [...terms, days]);
  }
  if (details.length > 0)
    throw new Failure(
      'already_exists',
      'A partner is already in the program on some of these days. Nothing was added. Choose other days, or change the existing agreement.',
      { details },
    );
}

const whyOverlaps = ({ partner, program }: Membership, { from, until }: Days): string =>
  `${partner} is already in ${program} from ${from}${until === null ? ' on' : ` until ${until}`}`;

export type AgreementChange = TermsChange & { reason?: string | undefined };

/**
 * Changes the newest period of an agreement: its first day, its end, or its plan from a day on. Earlier earnings stay as they are. Throws
 * Failure `not_found` or `invalid_input`.
 */
export const changeAgreement = (
  db: Database,
  { partner: named, program }: Membership,
  { reason, ...change }: AgreementChange,
  { nowMs, by }: { nowMs: number; by: string },
): Promise<ChangedAgreement> =>
  db.transaction(async (tx) => {
    const partner = await lockOne(tx, named);
    const { terms } = await getAgreement(tx, partner, program);
    if (change.plan !== undefined) await refuseUnknownPlan(tx, program, change.plan);
    const today = localDate(nowMs, await zoneOf(tx, program));
    const answer = changeTerms(terms, change, today);
    if ('field' in answer)
      throw new Failure(
        'invalid_input',
        'The change does not fit the agreement. Nothing was changed. Correct the named field.',
        { details: [answer] },
      );
    const added = answer.filter(({ plan, from }) => plan !== null && !termOn(terms, from));
    await refuseIneligible(
      tx,
      added.map(({ from }) => ({ partner, program, day: from })),
    );
    if (answer.length > 0) {
      await insertTerms(
        tx,
        answer.map((term) => ({ ...term, partner, program, reason: reason ?? null })),
        by,
      );
      await refuseRivals(
        tx,
        added.map(({ from, until }) => ({ partner, program, from, until })),
      );
      const wished = Object.entries({ ...change, reason }).filter(([, value]) => value !== undefined);
      const detail = { program, ...Object.fromEntries(wished) };
      await addAuditEntry(tx, { actorId: by, action: 'agreement.change', subject: `partner/${partner}`, detail });
    }
    return changed(tx, { partner, program }, answer);
  });

/** Days that a partner was in a program by mistake, and the number of their events whose earnings were worked out and stay. */
export type WithdrawnPeriod = Days & { eventsWorkedOut: number };

/**
 * Takes back the newest period of an agreement, as if it had never been added. Earlier periods and all earnings stay as they are. Throws
 * Failure `not_found`.
 */
export const withdrawAgreement = (
  db: Database,
  { partner: named, program }: Membership,
  { reason, by }: { reason: string; by: string },
): Promise<WithdrawnPeriod> =>
  db.transaction(async (tx) => {
    const partner = await lockOne(tx, named);
    const period = newestPeriod((await getAgreement(tx, partner, program)).terms);
    if (!period) throw new Error('The database returned an agreement without terms.');
    const { from, until } = period;
    await insertTerms(tx, [{ partner, program, plan: null, from, until, reason }], by);
    const detail = { program, startsOn: from, endsOn: until, reason };
    await addAuditEntry(tx, { actorId: by, action: 'agreement.withdraw', subject: `partner/${partner}`, detail });
    return { from, until, eventsWorkedOut: await countEventsOf(tx, { partner, program }, [period]) };
  });

/** Locks a partner, and the one who goes on if they were merged. Returns the code of the latter. */
async function lockOne(tx: Database, named: string): Promise<string> {
  await lockPartnersByCode(tx, [named]);
  const { code } = await getPartner(tx, named);
  if (code !== named) await lockPartnersByCode(tx, [code]);
  return code;
}

async function refuseUnknownPlan(db: Database, program: string, plan: string): Promise<void> {
  const plans = await listPlanNames(db, [program]);
  if (plans.some((known) => known.plan === plan)) return;
  throw new Failure(
    'invalid_input',
    `Program ${program} has no plan ${plan}. Nothing was changed. Name one of its plans.`,
    { details: [{ field: 'plan', reason: `is not a plan of ${program}` }] },
  );
}
