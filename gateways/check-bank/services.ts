import { Failure } from '../../domain/errors.ts';
import type { CheckServices, PayerAccount, StopReply } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import type { CheckBank } from './client.ts';
import { type CheckOnFile, voidAtBank } from './issuing.ts';

/** How to find the check in a gateway's own requests, and the account number in its settings. */
type Reading = {
  checkOf: (request: Uint8Array) => CheckOnFile;
  accountNumberOf: (account: PayerAccount) => string;
};

export function createCheckServices(bank: CheckBank, { checkOf, accountNumberOf }: Reading): CheckServices {
  /** If the bank does not clearly say yes, the check is looked up, because the stop may have been placed. */
  async function stop(check: CheckOnFile, renews: string | null, signal: AbortSignal): Promise<StopReply> {
    const result = await bank.stop(check.account, check.number, renews, signal);
    const isUnknown = result.kind === 'refused' && result.status === 404;
    const known = result.kind === 'done' ? result.value : !isUnknown && (await inquire(check, signal));
    if (known && known.status === 'paid') return { outcome: 'already_paid' };
    if (known && known.status !== 'stopped') throw notStopped();
    const isVoid = await voidAtBank(bank, check, signal);
    return { outcome: 'stopped', expiresOn: known ? (known.stopExpiresOn ?? null) : null, isVoid };
  }

  const inquire = async ({ account, number }: CheckOnFile, signal: AbortSignal) =>
    lookedUp('The bank', await bank.inquire(account, number, signal));

  return {
    stop: ({ request }, signal) => stop(checkOf(request), null, signal),
    renew: ({ request }, lapsesOn, signal) => stop(checkOf(request), lapsesOn, signal),
    exceptions: async (account, signal) =>
      lookedUp('The bank', await bank.exceptions(accountNumberOf(account), signal)).exceptions,
    decide: async (id, decision, signal) => lookedUp('The bank', await bank.decide(id, decision, signal)).status,
  };
}

const notStopped = (): Failure =>
  new Failure(
    'gateway_unavailable',
    'The bank has not confirmed that it stopped this check, so the check can still be paid. We will ask the bank again later.',
  );
