import type { Database } from '../../db/database.ts';
import { wakeIneligible } from '../../db/earnings/events.ts';
import type { NewAgreement } from '../../db/partners/agreements.ts';
import type { FactOrigin, NewFact } from '../../db/partners/facts.ts';
import { replaceContactChange } from '../../db/partners/contact-changes.ts';
import type { InstrumentPolicy } from '../../db/partners/instruments.ts';
import {
  getPartner,
  insertPartners,
  type NewPartner,
  type Partner,
  updatePartner,
  endPartnerHold,
  setPartnerHold,
} from '../../db/partners/partners.ts';
import { addAuditEntries, addAuditEntry } from '../../db/people/audit.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { Failure } from '../../domain/errors.ts';
import type { Destination } from '../../domain/partners/destination.ts';
import { addAgreements } from './agreements.ts';
import { recordFacts } from './facts.ts';
import { addInstruments } from './instruments.ts';

/** A new partner, with the programs to join, and with a first instrument or none yet. */
export type Newcomer = NewPartner & {
  agreements: readonly Omit<NewAgreement, 'partner'>[];
  destination: Destination | null;
  /** The facts that hold from their days on. */
  facts?: readonly Pick<NewFact, 'key' | 'value' | 'from' | 'until'>[] | undefined;
};

/** The policy of first instruments, and where the facts about the partners come from. By default a person says them. */
export type JoinPolicy = InstrumentPolicy & Partial<Pick<FactOrigin, 'source'> & Pick<NewFact, 'reference'>>;

/**
 * Adds partners with their facts, agreements and instruments, all or none. Throws Failure `already_exists` with every code that is
 * taken, and the Failure of an agreement that cannot be added.
 */
export const addPartners = (
  db: Database,
  vault: VaultKeys,
  newcomers: readonly Newcomer[],
  policy: JoinPolicy,
): Promise<readonly Partner[]> =>
  db.transaction(async (tx) => {
    const added = await insertPartners(tx, newcomers);
    if (added.length < newcomers.length) throw taken(newcomers, added);
    await addAuditEntries(
      tx,
      added.map(({ code }) => ({ actorId: policy.by, action: 'partner.add', subject: `partner/${code}` })),
    );
    const { source = 'person', reference = null } = policy;
    const facts = newcomers.flatMap((newcomer) =>
      (newcomer.facts ?? []).map((fact) => ({ ...fact, partner: newcomer.code, holds: true, reference, reason: null })),
    );
    if (facts.length > 0) await recordFacts(tx, facts, { source, by: policy.by });
    const agreements = newcomers.flatMap((newcomer) =>
      newcomer.agreements.map((agreement) => ({ ...agreement, partner: newcomer.code })),
    );
    if (agreements.length > 0) await addAgreements(tx, agreements, policy.by);
    const byCode = new Map(added.map((partner) => [partner.code, partner]));
    const payees = newcomers.flatMap(({ code, destination }) => {
      const partner = byCode.get(code);
      return partner && destination ? [{ partner, destination }] : [];
    });
    if (payees.length > 0) await addInstruments(tx, vault, payees, policy);
    return added;
  });

/** Adds one partner with their agreements and instrument. */
export async function addPartner(
  db: Database,
  vault: VaultKeys,
  newcomer: Newcomer,
  policy: InstrumentPolicy,
): Promise<Partner> {
  const [added] = await addPartners(db, vault, [newcomer], policy);
  if (!added) throw new Error('The database returned no partner.');
  return added;
}

function taken(newcomers: readonly NewPartner[], added: readonly Partner[]): Failure {
  const free = new Set(added.map(({ code }) => code));
  const codes = newcomers.map(({ code }) => code).filter((code) => !free.has(code));
  const sentence = `There is already a partner ${codes[0]}. Nothing was added. Use another code.`;
  const details = codes.map((code) => ({ field: 'code', reason: `${code} is taken` }));
  return new Failure('already_exists', sentence, { details });
}

export type PartnerChange = {
  name?: string | undefined;
  email?: string | null | undefined;
  country?: string | undefined;
};

/** Changes a partner's name, email address or country. Another address takes the place of one that waits. Throws Failure `not_found`. */
export const changePartner = (db: Database, code: string, change: PartnerChange, by: string): Promise<Partner> =>
  db.transaction(async (tx) => {
    const { id, ...before } = await getPartner(tx, code);
    const { name = before.name, email = before.email, country = before.country } = change;
    const changed = await updatePartner(tx, id, { name, email, country });
    if (email !== before.email) await replaceContactChange(tx, id);
    if (country !== before.country) await wakeIneligible(tx, [before.code]);
    const detail = { fields: Object.keys(change).join(' ') };
    await addAuditEntry(tx, { actorId: by, action: 'partner.change', subject: `partner/${code}`, detail });
    return changed;
  });

/** Holds back a partner's money from every later draft, for a reason that the partner is told. Throws Failure `not_found`. */
export const holdPartner = (db: Database, code: string, reason: string, by: string): Promise<Partner> =>
  setHold(db, code, { action: 'partner.hold', hold: reason, reason }, by);

/** Lets a partner be paid again from the next draft on. Throws Failure `not_found`. */
export const releasePartner = (db: Database, code: string, reason: string, by: string): Promise<Partner> =>
  setHold(db, code, { action: 'partner.release', hold: null, reason }, by);

const setHold = (
  db: Database,
  code: string,
  { action, hold, reason }: { action: string; hold: string | null; reason: string },
  by: string,
): Promise<Partner> =>
  db.transaction(async (tx) => {
    const { id } = await getPartner(tx, code);
    const partner = hold === null ? await endPartnerHold(tx, id, by) : await setPartnerHold(tx, id, hold, by);
    await addAuditEntry(tx, { actorId: by, action, subject: `partner/${code}`, detail: { reason } });
    return partner;
  });
