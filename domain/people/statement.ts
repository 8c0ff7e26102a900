/** A sentence that a person signs: its SHA-256 in UTF-8 is the challenge of their passkey, or the nonce of their provider's token. */
export type Statement = (nonce: string) => string;

/**
 * The sentences end with a nonce, which makes each one different, so no signature counts twice. An auditor can verify them with the public
 * key of the passkey or of the provider alone.
 */

/** The acts, besides the two below, that people sign in the console. An act is the beginning of its sentence. */
export const SIGNED_ACTS = [
  'propose role',
  'confirm role',
  'refuse role',
  'revoke role',
  'invite user',
  'change contact',
  'send link',
  'revoke key',
  'report lost passkey',
  'confirm lost passkey',
  'refuse lost passkey',
  'write policy',
  'confirm policy',
  'add passkey',
  'remove passkey',
  'remove account',
  'propose outcome',
  'confirm outcome',
  'refuse outcome',
  'propose correction',
  'confirm correction',
  'refuse correction',
  'propose write-off',
  'propose conversion',
  'confirm conversion',
  'refuse conversion',
  'propose re-rating',
  'confirm re-rating',
  'decline re-rating',
  'set gateway',
  'set details rule',
  'add details',
  'publish terms',
  'set budget',
  'close budget',
  'set rate',
  'retire unit',
  'write ladder',
] as const;
export type SignedAct = (typeof SIGNED_ACTS)[number];

/**
 * An act about a subject, such as `grant/<id>`. The hash covers what the person saw and what they typed, so the sentence stands for one
 * act with one content.
 */
export const actStatement =
  ({
    act,
    subject,
    contentHash,
  }: {
    act: SignedAct | 'approve run';
    subject: string;
    contentHash: string;
  }): Statement =>
  (nonce) =>
    `bursar ${act} ${subject} content ${contentHash} nonce ${nonce}`;

/** The approval of a run. */
export const approvalStatement = ({ runId, contentHash }: { readonly runId: string; readonly contentHash: string }) =>
  actStatement({ act: 'approve run', subject: runId, contentHash });

/** Payment details that a partner gives. The sentence holds a keyed hash of them, because it is not sealed. */
export const detailsStatement =
  ({ partner, mark }: { readonly partner: string; readonly mark: string }): Statement =>
  (nonce) =>
    `bursar pay partner ${partner} to details ${mark} nonce ${nonce}`;
