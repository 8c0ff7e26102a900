import type { Database } from '../../db/database.ts';
import { endContactChange, type OpenContactChange } from '../../db/partners/contact-changes.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { lockContactLink } from '../partners/contact-changes.ts';
import { raiseAlarm } from './alarms.ts';

/**
 * Stops a change of a partner's address, for the token that was mailed to the address before, and raises an alarm: an owner signed it, so
 * somebody else may use the account of that owner. Throws Failure `claim_not_valid`.
 */
export const stopContactChange = (db: Database, token: string): Promise<OpenContactChange> =>
  db.transaction(async (tx) => {
    const change = await lockContactLink(tx, 'stop', token);
    const { id, partner } = change;
    await endContactChange(tx, id, 'stopped', null);
    const subject = `partner/${partner}`;
    await addAuditEntry(tx, { actorId: null, action: 'contact.stop', subject, detail: { change: id } });
    await raiseAlarm(
      tx,
      'contact_change_stopped',
      subject,
      `An owner of ${partner} signed a change of the e-mail address for notices (${id}), and the holder of the address before stopped it. Somebody else may use the account of that owner. Notices go to the address before, and payments continue. Call the partner. If the owner did not ask for it, end the owner's access and look at new payout details.`,
    );
    return change;
  });
