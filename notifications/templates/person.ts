import type { Templates } from '../notification.ts';

/** Mail to one of the people who use Bursar. */
export const PERSON_TEMPLATES: Templates<'key_claim'> = {
  key_claim: ({ person, role, hours, token }, { urlOf, contact }) => ({
    subject: `Your way into Bursar: ${role}`,
    text: `${person} now has the role ${role}. Open this link within ${hours} hours, and make a passkey with which you sign in:

${urlOf(`/invitations/${token}`)}

If a program of yours works for you instead, this command shows a key of the API. The link then no longer works:

curl -sS -X POST ${urlOf('/v1/keys/claim')} -H 'content-type: application/json' -d '{"token":"${token}"}'

The link works once. Keep the passkey and the key to yourself: they stand for you. If you did not expect this mail, tell ${contact}.`,
  }),
};
