/** An approval of a run, as a person signs it with a passkey. */
export type SignedApproval = { readonly runId: string; readonly contentHash: string };

/**
 * The sentence that a passkey signs for an approval: the challenge is its SHA-256 in UTF-8. The nonce makes each one different, so no
 * signature counts twice. An auditor can verify it with the public key of the passkey alone.
 */
export const approvalStatement = ({ runId, contentHash }: SignedApproval, nonce: string): string =>
  `bursar approve run ${runId} content ${contentHash} nonce ${nonce}`;
