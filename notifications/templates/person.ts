import { CLAIM_HOURS } from '../../domain/people/grant.ts';
import { go, say } from '../../domain/tasks/notice-content.ts';
import type { Templates } from '../notification.ts';
import { at } from '../places.ts';

/** Mail to one of the people who use Bursar. */
export const PERSON_TEMPLATES: Templates<'key_claim'> = {
  key_claim: ({ person, role, hours, token }, { contact }) => ({
    subject: `${hours < CLAIM_HOURS ? 'Your link ends soon. ' : ''}Your way into Bursar: ${role}`,
    parts: [
      say(
        `${person} now has the role ${role}. Open this link within ${hours} hours, and make a passkey with which you sign in:`,
      ),
      go('Make your passkey', at('/invitations', token)),
      say(
        'If a program of yours works for you instead, this command shows a key of the API. The link then no longer works:',
      ),
      {
        is: 'command',
        before: 'curl -sS -X POST ',
        path: '/v1/keys/claim',
        after: ` -H 'content-type: application/json' -d '{"token":"${token}"}'`,
      },
      say(
        `The link works once. Keep the passkey and the key to yourself: they stand for you. If you did not expect this mail, tell ${contact}.`,
      ),
    ],
  }),
};
