import { CONTACT_HOURS } from '../../domain/partners/contact-change.ts';
import { CLAIM_HOURS } from '../../domain/people/grant.ts';
import { go, say } from '../../domain/tasks/notice-content.ts';
import type { Templates } from '../notification.ts';
import { at } from '../places.ts';

const SIGN_IN_CHANGES = {
  added: { subject: 'A passkey was added to your account', says: 'A passkey now signs in as you' },
  removed: { subject: 'A passkey was removed from your account', says: 'A passkey no longer signs in as you' },
  bound: { subject: 'Your account has a new sign-in', says: 'Your account there now signs in as you' },
  unbound: { subject: 'A sign-in was removed from your account', says: 'Your account there no longer signs in as you' },
} as const;

/** Mail to one of the people who use Bursar. */
export const PERSON_TEMPLATES: Templates<'key_claim' | 'contact_confirmation' | 'contact_warning' | 'sign_in_changed'> =
  {
    key_claim: ({ person, kind, role, hours, token }, { contact }) => {
      const command = {
        is: 'command',
        before: 'curl -sS -X POST ',
        path: '/v1/keys/claim',
        after: ` -H 'content-type: application/json' -d '{"token":"${token}"}'`,
      } as const;
      if (kind === 'system')
        return {
          subject: `A key for ${person}: ${role}`,
          parts: [
            say(
              `The system ${person} now has the role ${role}. Within ${hours} hours, this command shows its key, once:`,
            ),
            command,
            say(
              `Keep the key where the system reads its secrets: it stands for the system. If you did not expect this mail, tell ${contact}.`,
            ),
          ],
        };
      return {
        subject: `${hours < CLAIM_HOURS ? 'Your link ends soon. ' : ''}Your way into Bursar: ${role}`,
        parts: [
          say(
            `${person} now has the role ${role}. Open this link within ${hours} hours, and choose how you will sign in:`,
          ),
          go('Choose how you sign in', at('/invitations', token)),
          say('If you call the API yourself, this command shows a key instead. The link then no longer works:'),
          command,
          say(
            `The link works once. Keep your passkey and your key to yourself: they stand for you. If you did not expect this mail, tell ${contact}.`,
          ),
        ],
      };
    },
    contact_confirmation: ({ partner, person, token }, { contact }) => ({
      subject: `Confirm this address for notices about payments to partner ${partner}`,
      parts: [
        say(
          `${person} asked that notices about payments to partner ${partner} go to this address. Open this link within ${CONTACT_HOURS} hours to confirm it:`,
        ),
        go('Confirm the address', at('/contact-changes', token)),
        say(
          `The link works once. Until then, notices go where they went before. If you do not know of this, do nothing, or tell ${contact}.`,
        ),
      ],
    }),
    contact_warning: ({ partner, person, token }, { contact }) => ({
      subject: 'Somebody asked that your notices go to another address',
      parts: [
        say(
          `${person} asked that notices about payments to partner ${partner} go to another e-mail address. Nothing has changed yet: the holder ` +
            `of that address must confirm it within ${CONTACT_HOURS} hours. If you know of this, you need to do nothing.`,
        ),
        say('If you do not, open this link and stop the change:'),
        go('Stop the change', at('/contact-stops', token)),
        say(
          `Or write to ${contact} today. If the address changes, we tell this one of it, and of every change of payment details in the 60 days after it.`,
        ),
      ],
    }),
    sign_in_changed: ({ person, change, name }, { contact }) => {
      const what = SIGN_IN_CHANGES[change];
      return {
        subject: `${what.subject}: ${person}`,
        parts: [
          say(`${what.says}: ${name}.`),
          go('See how you sign in', '/account'),
          say(`If you did not do this, somebody else may use your account. Tell ${contact} today.`),
        ],
      };
    },
  };
