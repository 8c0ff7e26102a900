import { listNextPayments } from '../../../../commands/payouts/payability.ts';
import type { Database } from '../../../../db/database.ts';
import { listPointsBalances } from '../../../../db/earnings/points-balances.ts';
import { listAgreements } from '../../../../db/partners/agreements.ts';
import { listContactChanges } from '../../../../db/partners/contact-changes.ts';
import { listDetailsHistory } from '../../../../db/partners/details-history.ts';
import { listFactsOn } from '../../../../db/partners/facts.ts';
import { listInstruments } from '../../../../db/partners/instruments.ts';
import { listPartnerMinimums } from '../../../../db/partners/minimums.ts';
import { listPartnerNotes } from '../../../../db/partners/notes.ts';
import { listStages } from '../../../../db/partners/onboarding.ts';
import { type Partner, readHoldHands } from '../../../../db/partners/partners.ts';
import { listBalancesAsOf } from '../../../../db/payouts/balances.ts';
import { listNewestPayouts } from '../../../../db/payouts/pages.ts';
import { listPartnerPeople } from '../../../../db/people/partner-people.ts';
import { readersVoice } from '../../format.ts';

const SEEN_MAX = { contacts: 5, details: 50, facts: 100, agreements: 50, payouts: 10, notes: 50 };

/** Everything that the page of a partner shows, in a fixed number of queries for each schedule. */
export async function readPartner(db: Database, partner: Partner) {
  const { id } = partner;
  const [hands, payments, balances, stages, instruments, history, facts] = await Promise.all([
    readHoldHands(db, id),
    listNextPayments(db, id, Date.now(), readersVoice()),
    listBalancesAsOf(db, id, { at: new Date().toISOString(), day: null }),
    listStages(db, id),
    listInstruments(db, id, null, SEEN_MAX.details),
    listDetailsHistory(db, id),
    listFactsOn(db, id, null, null, SEEN_MAX.facts),
  ]);
  const [agreements, minimums, payouts, notes, people, points, contacts] = await Promise.all([
    listAgreements(db, id, null, SEEN_MAX.agreements),
    listPartnerMinimums(db, id),
    listNewestPayouts(db, id, null, null, SEEN_MAX.payouts),
    listPartnerNotes(db, id, null, SEEN_MAX.notes),
    listPartnerPeople(db, id),
    listPointsBalances(db, id),
    listContactChanges(db, id, null, SEEN_MAX.contacts),
  ]);
  const inOrder = instruments
    .filter(({ position }) => position !== null)
    .toSorted((a, b) => Number(a.position) - Number(b.position));
  const withdrawn = instruments.filter(({ position }) => position === null);
  const details = { inOrder, withdrawn, history };
  return {
    partner,
    hands,
    payments,
    balances,
    stages,
    details,
    facts,
    agreements,
    minimums,
    payouts,
    notes,
    people,
    points,
    contacts,
  };
}

export type PartnerSeen = Awaited<ReturnType<typeof readPartner>>;
