import type { Templates } from '../notification.ts';

/** Mail to one of the people who use Bursar. */
export const PERSON_TEMPLATES: Templates<'key_claim'> = {
  key_claim: ({ person, role, hours, token }, { urlOf, contact }) => ({
    subject: `Take your Bursar key: ${role}`,
    text: `${person} now has the role ${role}. This command shows your key, once, within ${hours} hours:

curl -sS -X POST ${urlOf('/v1/keys/claim')} -H 'content-type: application/json' -d '{"token":"${token}"}'

Keep the key to yourself: it stands for you. If you did not expect this mail, tell ${contact}.`,
  }),
};
