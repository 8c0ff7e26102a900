import type { Database } from '../../db/database.ts';
import { lockPayout, makePayoutsDue } from '../../db/payouts/payouts.ts';
import {
  getResolution,
  insertResolution,
  listResolutions,
  readUndecided,
  recordVerdict,
  type Resolution,
} from '../../db/payouts/resolutions.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { Failure } from '../../domain/errors.ts';
import {
  isOfPart,
  type ResolutionOutcome,
  taskFor,
  whyNotApply,
  whyNotDecideResolution,
  whyNotPropose,
} from '../../domain/payouts/resolution.ts';

export type Proposal = {
  payoutId: string;
  actorId: string;
  outcome: ResolutionOutcome;
  evidence: string;
  reference: string | null;
  /** The proposer's signature. Without it, they used a key of the API. */
  signatureId?: string | null;
};

/** Records what a person says happened to a payment. It changes nothing until another person confirms it. */
export const proposeResolution = (db: Database, proposal: Proposal): Promise<Resolution> =>
  db.transaction(async (tx) => {
    const { payoutId, actorId, outcome, evidence, reference, signatureId = null } = proposal;
    await lockPayout(tx, payoutId);
    const payout = await readUndecided(tx, payoutId, actorId);
    const refusal = whyNotPropose(payout, outcome);
    if (refusal) throw new Failure(refusal.code, refusal.message);
    if (reference !== null && payout.reference !== null && reference !== payout.reference)
      throw new Failure(
        'invalid_input',
        `The provider's reference for this payment is ${payout.reference}. Nothing was recorded. Check that your evidence is about this payment.`,
        { details: [{ field: 'reference', reason: `is not ${payout.reference}` }] },
      );
    const id = await insertResolution(tx, {
      taskId: taskFor(payout, outcome) ?? null,
      payoutId,
      attemptId: payout.attemptId,
      outcome,
      minor: isOfPart(outcome) ? payout.inSuspense : null,
      evidence,
      reference,
      proposedBy: actorId,
      signatureId,
    });
    await audit(tx, 'resolution.propose', actorId, { payoutId, id, outcome, signatureId });
    return getResolution(tx, id);
  });

export type ResolutionDecision = {
  payoutId: string;
  actorId: string;
  decision: 'confirm' | 'refuse';
  note: string | null;
  signatureId?: string | null;
};

/** Confirms or refuses what another person proposed. The payout is then due for a poll, which applies a confirmed proposal. */
export const decideResolution = (
  db: Database,
  { payoutId, actorId, decision, note, signatureId = null }: ResolutionDecision,
): Promise<Resolution> =>
  db.transaction(async (tx) => {
    await lockPayout(tx, payoutId);
    const resolution = (await listResolutions(tx, payoutId)).at(-1);
    if (!resolution)
      throw new Failure(
        'resolution_not_open',
        `Nobody has proposed an outcome for payout ${payoutId}. Nothing was recorded. Propose one first.`,
      );
    const payout = await readUndecided(tx, payoutId, actorId);
    const refusal =
      whyNotDecideResolution(resolution, { id: actorId, isPayee: payout.isPayee, giver: payout.giver }) ??
      (decision === 'confirm' ? whyNotApply(payout, resolution.outcome) : undefined);
    if (refusal) throw new Failure(refusal.code, refusal.message);
    const status = decision === 'confirm' ? 'confirmed' : 'refused';
    await recordVerdict(tx, resolution.id, { status, by: actorId, note, signatureId });
    if (status === 'confirmed') await makePayoutsDue(tx, { id: payoutId });
    await audit(tx, `resolution.${decision}`, actorId, {
      payoutId,
      id: resolution.id,
      outcome: resolution.outcome,
      signatureId,
    });
    return getResolution(tx, resolution.id);
  });

const audit = (
  tx: Database,
  action: string,
  actorId: string,
  {
    payoutId,
    id,
    outcome,
    signatureId,
  }: { payoutId: string; id: string; outcome: ResolutionOutcome; signatureId: string | null },
) =>
  addAuditEntry(tx, {
    actorId,
    action,
    subject: `payout/${payoutId}`,
    detail: { resolution: id, outcome, ...signedBy(signatureId) },
  });
