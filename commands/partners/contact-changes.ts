import {
  type ContactChange,
  type ContactLink,
  countContactChanges,
  endContactChange,
  findOpenContactChange,
  insertContactChange,
  listContactChanges,
  newContactChangeId,
  type OpenContactChange,
  replaceContactChange,
} from '../../db/partners/contact-changes.ts';
import { getPartner, lockPartners, type Partner, updatePartner } from '../../db/partners/partners.ts';
import { findActorByMailbox, isOfCompany } from '../../db/people/actors.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import type { Database } from '../../db/database.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { fingerprint, type VaultKeys } from '../../db/vault.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { CONTACT_CHANGES_A_DAY_MAX, CONTACT_HOURS } from '../../domain/partners/contact-change.ts';
import { formatClaimToken, isClaimToken } from '../../domain/people/claim-token.ts';

/** The token in a link of a change. The vault's key makes it, so that no row has to hold it. */
export const contactToken = (vault: VaultKeys, link: ContactLink, changeId: string): string =>
  formatClaimToken(fingerprint(vault, `contact-change/${changeId}/${link}`));

/** Refuses an address that an owner may not ask for, before they sign. Throws Failure `invalid_input` and `too_many_tries`. */
export async function refuseContact(
  db: Database,
  partner: Pick<Partner, 'id' | 'email'>,
  email: string,
): Promise<void> {
  if (partner.email?.toLowerCase() === email.toLowerCase())
    throw refused('email', 'is the address that we use already');
  const known = await findActorByMailbox(db, email);
  if (known && (await isOfCompany(db, known.id))) throw refused('email', 'cannot be used: choose another address');
  if ((await countContactChanges(db, partner.id)) >= CONTACT_CHANGES_A_DAY_MAX)
    throw new Failure(
      'too_many_tries',
      `You asked for ${CONTACT_CHANGES_A_DAY_MAX} addresses within a day. Nothing was sent. Wait for a day, or ask the people who look after you.`,
    );
}

/**
 * Asks for another address for the notices of a partner. It counts once its holder confirms it by the link that they are mailed. The
 * address before is told at once, with a link that stops the change. A change that waited is replaced. Throws the refusals of
 * `refuseContact`.
 */
export const askContactChange = (
  db: Database,
  vault: VaultKeys,
  { id: partnerId, code }: Pick<Partner, 'id' | 'code'>,
  { email, person, by, signatureId }: { email: string; person: string; by: string; signatureId: string },
): Promise<void> =>
  db.transaction(async (tx) => {
    await lockPartners(tx, [partnerId]);
    const partner = await getPartner(tx, code);
    await refuseContact(tx, partner, email);
    await replaceContactChange(tx, partner.id);
    const id = await newContactChangeId(tx);
    const [confirmToken, stopToken] = [contactToken(vault, 'confirm', id), contactToken(vault, 'stop', id)];
    const change = { id, partnerId: partner.id, email, confirmToken, stopToken };
    await insertContactChange(tx, { ...change, hours: CONTACT_HOURS, by, signatureId });
    const mail = { audience: 'person', partnerId: null, body: { change: id, partner: partner.code, person } } as const;
    await addNotification(tx, {
      ...mail,
      kind: 'contact_confirmation',
      dedupeKey: `contact_confirmation/${id}`,
      recipient: email,
    });
    if (partner.email !== null)
      await addNotification(tx, {
        ...mail,
        kind: 'contact_warning',
        dedupeKey: `contact_warning/${id}`,
        recipient: partner.email,
      });
    await audit(tx, 'contact.ask', { id, partner: partner.code, by, signatureId });
  });

/** Takes a change back that waits. Throws Failure `not_found`, also for a change that has ended. */
export const cancelContactChange = (
  db: Database,
  partner: Pick<Partner, 'id' | 'code'>,
  id: string,
  by: string,
): Promise<ContactChange> =>
  db.transaction(async (tx) => {
    await lockPartners(tx, [partner.id]);
    const [newest] = await listContactChanges(tx, partner.id, null, 1);
    if (newest?.id !== id || newest.outcome !== null)
      throw new Failure('not_found', `No change of an address ${id} waits. Nothing was changed.`);
    await endContactChange(tx, id, 'cancelled', by);
    await audit(tx, 'contact.cancel', { id, partner: partner.code, by });
    return { ...newest, outcome: 'cancelled', endedAt: new Date() };
  });

/** The change that a link is about. Throws Failure `claim_not_valid`. */
export async function readContactLink(db: Database, link: ContactLink, token: string): Promise<OpenContactChange> {
  const found = isClaimToken(token) ? await findOpenContactChange(db, link, token) : null;
  if (found) return found;
  throw new Failure(
    'claim_not_valid',
    'This link is unknown, was used, or is too old. Nothing was changed. Open Details in the portal to see which address we use.',
  );
}

/** Locks the partner of a link, and reads its change again, so that a link works once. Throws Failure `claim_not_valid`. */
export async function lockContactLink(tx: Database, link: ContactLink, token: string): Promise<OpenContactChange> {
  await lockPartners(tx, [(await readContactLink(tx, link, token)).partnerId]);
  return readContactLink(tx, link, token);
}

/** Uses a new address from now on, for the token that was mailed to it. Throws Failure `claim_not_valid`. */
export const confirmContactChange = (db: Database, token: string): Promise<OpenContactChange> =>
  db.transaction(async (tx) => {
    const change = await lockContactLink(tx, 'confirm', token);
    await endContactChange(tx, change.id, 'confirmed', null);
    const { id, name, country } = await getPartner(tx, change.partner);
    await updatePartner(tx, id, { name, country, email: change.email });
    await audit(tx, 'contact.confirm', { id: change.id, partner: change.partner, by: null });
    return change;
  });

type Step = { id: string; partner: string; by: string | null; signatureId?: string };

const audit = (tx: Database, action: string, { id, partner, by, signatureId }: Step): Promise<void> =>
  addAuditEntry(tx, {
    actorId: by,
    action,
    subject: `partner/${partner}`,
    detail: { change: id, ...signedBy(signatureId) },
  });
