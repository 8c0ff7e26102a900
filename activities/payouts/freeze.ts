import type { DatabasePool } from 'slonik';

import { takeCheckNumber } from '../../commands/checks/accounts.ts';
import { registerCheck } from '../../db/checks/accounts.ts';
import type { Database } from '../../db/database.ts';
import { type Attempt, countAttempts, findLiveAttempt, insertAttempts } from '../../db/payouts/attempts.ts';
import { listPaymentDetails, type PaymentDetails } from '../../db/payouts/payment-orders.ts';
import { getPayout, lockPayout, type Payout, updatePayout } from '../../db/payouts/payouts.ts';
import { getRun, lockRunShared, type Run } from '../../db/runs/runs.ts';
import { attemptRecord, seal, type VaultKeys } from '../../db/vault.ts';
import { sha256 } from '../../domain/canonical.ts';
import { isByCheck } from '../../domain/checks/check.ts';
import { Failure } from '../../domain/errors.ts';
import { providerKey } from '../../domain/ids.ts';
import { money } from '../../domain/money.ts';
import { rejectedDetail } from '../../domain/payouts/advice.ts';
import type { Destination, Gateways, PayerAccount } from '../../gateways/gateway.ts';
import { markInstrument } from './instrument-failures.ts';
import { keepPayable } from './last-question.ts';
import { notifyPartner } from './notify.ts';
import type { NoteStep } from './steps.ts';

type FreezeDeps = { gateways: Gateways; vault: VaultKeys };

/**
 * Writes down the request before the provider is asked. Null if the payout needs no request, is held, may no longer be paid, or has details
 * that cannot be used.
 */
export async function prepareAttempt(
  deps: FreezeDeps & { db: DatabasePool },
  payoutId: string,
  note: NoteStep,
): Promise<Attempt | null> {
  try {
    const attempt = await deps.db.transaction((tx) => freezeAttempt(deps, tx, payoutId));
    if (attempt) note('frozen');
    return attempt;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'recipient_rejected') throw error;
    await deps.db.transaction((tx) => failUnasked(tx, payoutId, error));
    note('failed, because the payment details cannot be used; no provider was asked');
    return null;
  }
}

async function freezeAttempt(deps: FreezeDeps, tx: Database, payoutId: string): Promise<Attempt | null> {
  const { runId } = await getPayout(tx, payoutId);
  await lockRunShared(tx, runId);
  const payout = await lockPayout(tx, payoutId);
  if (payout.heldAt || (payout.status !== 'approved' && payout.status !== 'executing')) return null;
  const existing = await findLiveAttempt(tx, payoutId);
  if (existing) return existing;
  const run = await getRun(tx, runId);
  if (run.status !== 'disbursing' && run.status !== 'disbursed') return null;
  if ((await keepPayable(tx, run, [payout])).length === 0) return null;
  if (payout.status === 'approved') await updatePayout(tx, payout.id, 'executing', null);

  const attemptNo = ((await countAttempts(tx, [payout.id])).get(payout.id) ?? 0) + 1;
  const check = isByCheck(payout.gateway) ? await takeCheckNumber(tx, payout.payerId) : null;
  const details = (await listPaymentDetails(tx, deps.vault, [payout.id])).get(payout.id)?.();
  if (!details) throw new TypeError(`payout ${payout.id} has no details`);
  const { attempt } = freezeOne(deps, { payout, run, attemptNo, details, checkNumber: check?.number ?? null });
  await insertAttempts(tx, [{ ...attempt, batchId: null }]);
  if (check) await registerCheck(tx, check, attempt.id);
  return findLiveAttempt(tx, payoutId);
}

type Freezing = {
  payout: Payout;
  run: Pick<Run, 'payOn'>;
  attemptNo: number;
  details: PaymentDetails;
  checkNumber: bigint | null;
};

/** Makes the exact bytes that will be sent for one payout, and the attempt that keeps them sealed. */
export function freezeOne({ gateways, vault }: FreezeDeps, { payout, run, attemptNo, details, checkNumber }: Freezing) {
  const id = providerKey(payout.id, attemptNo);
  const request = gateways[payout.gateway].freeze({
    key: id,
    payoutId: payout.id,
    amount: money(payout.net, payout.currency),
    destination: details.destination as Destination,
    account: details.account as PayerAccount,
    reference: payout.periodEnd.replaceAll('-', ''),
    checkNumber,
    payerName: details.payerName,
    payerAddress: details.payerAddress,
    paidOn: run.payOn,
  });
  const attempt = {
    id,
    payoutId: payout.id,
    attemptNo,
    gateway: payout.gateway,
    providerKey: id,
    currency: payout.currency,
    minor: payout.net,
    checkNumber,
    requestSealed: seal(vault, attemptRecord(id), request),
    requestHash: sha256(request),
  };
  return { attempt, request };
}

/** Names the detail that cannot be used, and never its value. */
const reasonOf = ({ details: [detail], message }: Failure): string =>
  detail ? rejectedDetail(detail.field, detail.reason) : message;

/** Fails a payout whose details cannot be used. No provider was asked, so its lines become free, and the partner is told why. */
export async function failUnasked(tx: Database, payoutId: string, failure: Failure): Promise<void> {
  const reason = reasonOf(failure);
  const payout = await lockPayout(tx, payoutId);
  if (payout.status === 'approved') await updatePayout(tx, payoutId, 'executing', null);
  await updatePayout(tx, payoutId, 'failed', reason);
  await markInstrument(tx, payout, 'failed', reason, failure.details);
  await notifyPartner(tx, payout, 'payout_failed', reason);
}
