import type { Attempt } from '../../db/payouts/attempts.ts';
import { attemptRecord, unseal, type VaultKeys } from '../../db/vault.ts';
import { money } from '../../domain/money.ts';
import type { Submission } from '../../gateways/gateway.ts';

/** An attempt as its gateway takes it, with its frozen request unsealed for one call. */
export const submissionOf = ({ vault }: { vault: VaultKeys }, attempt: Attempt): Submission => ({
  key: attempt.providerKey,
  payoutId: attempt.payoutId,
  amount: money(attempt.minor, attempt.currency),
  request: unseal(vault, attemptRecord(attempt.id), attempt.requestSealed),
  reference: attempt.providerRef,
  step: attempt.step,
  submittedAt: attempt.submittedAt,
});
