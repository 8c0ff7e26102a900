import { Failure } from '../../domain/errors.ts';
import type { Money } from '../../domain/money.ts';
import type { PayerAccount, Submission } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import type { CheckBank } from './client.ts';
import { type CheckOnFile, voidAtBank } from './issuing.ts';

/** What the bank says of a stop payment. */
export type StopAnswer =
  /** It pays the check no more. The stop lapses on a day (null: it knew no such check); void it stays for good. */
  { outcome: 'stopped'; expiresOn: string | null; isVoid: boolean } | { outcome: 'already_paid' };

/** A check that the bank was shown and does not know as ours; it waits for us until `decideBy`, then it is returned. */
export type BankException = {
  id: string;
  number: bigint;
  amount: Money;
  reason: string;
  at: Date;
  decideBy: Date;
  status: 'open' | 'paid' | 'returned';
};

/** What is asked of the bank about checks beside paying them. Every call may be repeated; what is unclear throws `gateway_unavailable`. */
export type CheckDesk = {
  /** Stops the payment of a check and voids its number, so that it stays dead when the stop lapses. */
  stop: (submission: Submission, signal: AbortSignal) => Promise<StopAnswer>;
  /** Has the stop that lapses on a day hold for another six months. Repeated, it renews no second time. */
  renew: (submission: Submission, lapsesOn: string | null, signal: AbortSignal) => Promise<StopAnswer>;
  exceptions: (account: PayerAccount, signal: AbortSignal) => Promise<BankException[]>;
  /** Answers what the bank then did: said too late, it has returned the check. */
  decide: (exceptionId: string, decision: 'pay' | 'return', signal: AbortSignal) => Promise<BankException['status']>;
};

/** How a gateway's own requests and settings name the check and the account. */
type Reading = {
  checkOf: (request: Uint8Array) => CheckOnFile;
  accountNumberOf: (account: PayerAccount) => string;
};

export function createCheckDesk(bank: CheckBank, { checkOf, accountNumberOf }: Reading): CheckDesk {
  /** An answer to a stop that is no clear yes is looked up: it may have been done. */
  async function stop(check: CheckOnFile, renews: string | null, signal: AbortSignal): Promise<StopAnswer> {
    const reply = await bank.stop(check.account, check.number, renews, signal);
    const isUnknown = reply.kind === 'refused' && reply.status === 404;
    const known = reply.kind === 'done' ? reply.value : !isUnknown && (await inquire(check, signal));
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
    'The bank did not say that it stopped this check. It can still be paid. The bank is asked again later.',
  );
