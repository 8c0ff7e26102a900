/** A sentence that a person signs with a passkey: its SHA-256 in UTF-8 is the challenge. */
export type Statement = (nonce: string) => string;

/**
 * The sentences end with a nonce, which makes each one different, so no signature counts twice. An auditor can verify them with the public
 * key of the passkey alone.
 */

/** The approval of a run. */
export const approvalStatement =
  ({ runId, contentHash }: { readonly runId: string; readonly contentHash: string }): Statement =>
  (nonce) =>
    `bursar approve run ${runId} content ${contentHash} nonce ${nonce}`;

/** Payment details that a partner gives. The sentence holds a keyed hash of them, because it is not sealed. */
export const detailsStatement =
  ({ partner, mark }: { readonly partner: string; readonly mark: string }): Statement =>
  (nonce) =>
    `bursar pay partner ${partner} to details ${mark} nonce ${nonce}`;
