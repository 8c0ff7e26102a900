import { isoExponent, minorOf, toDecimal, toMinor } from '../decimals.ts';
import type { Ground } from '../site.ts';

export const CHECK_OUTCOMES = ['returned-to-sender', 'fail', 'never-cleared', 'wrong-amount'] as const;
export type CheckOutcome = (typeof CHECK_OUTCOMES)[number] | 'clear';

/** A check as the bank has it on file, from a positive-pay file or from Lob. */
export type Check = {
  id: string;
  account: string;
  number: string;
  amount: string;
  currency: string;
  payee: string;
  date: string;
  status: 'issued' | 'paid' | 'void' | 'stopped';
  paidOn: string | null;
};

/** A check somebody will pay in, on file or not. */
type Presentment = {
  id: string;
  account: string;
  number: string;
  amount: string;
  currency: string;
  outcome: CheckOutcome;
  dueAt: number | null;
};

export type CheckException = {
  id: string;
  account: string;
  number: string;
  amount: string;
  currency: string;
  reason: string;
  at: string;
};

type Written = Pick<Check, 'account' | 'number' | 'amount' | 'currency' | 'payee' | 'date'>;

/** What became of a row of a file: taken, known already, or refused with a reason. */
export type Filed = 'accepted' | 'alreadyOnFile' | { reason: string };

/** What somebody raised a check by, in minor units. */
const RAISED_BY_MINOR = 100n;

/** Account and number name a check. Banks read 001234 and 1234 as the same number. */
export const checkId = (account: string, number: string) => `${account}/${number.replace(/^0+(?=\d)/, '')}`;

const isNeverPaidIn = (outcome: CheckOutcome) => outcome === 'never-cleared' || outcome === 'returned-to-sender';

export type Checks = ReturnType<typeof openChecks>;

/** The bank's check desk: what is on file, what is paid in, what it pays and what it refuses. */
export function openChecks({ books, clock, outcomes, clearMs }: Ground) {
  const checks = books.table<Check>('check');
  const presentments = books.table<Presentment>('presentment');
  const exceptions = books.table<CheckException>('exception');
  let exceptionCount = [...exceptions.all()].length;

  const minor = (amount: string, currency: string) => minorOf(amount, isoExponent(currency));
  const isSameAmount = (a: Pick<Check, 'amount' | 'currency'>, b: Pick<Check, 'amount' | 'currency'>) =>
    a.currency === b.currency && minor(a.amount, a.currency) === minor(b.amount, b.currency);

  function refuse({ account, number, amount, currency }: Presentment, reason: string) {
    exceptionCount += 1;
    exceptions.put({ id: `EX${exceptionCount}`, account, number, amount, currency, reason, at: clock.iso() });
  }

  /** Why the bank would not pay what is presented; positive pay compares number and amount. */
  function whyNotPay(presented: Presentment, check: Check | undefined): string | undefined {
    if (presented.outcome === 'fail') return 'refer to maker';
    if (!check) return 'not on file';
    if (check.status !== 'issued') return `check is ${check.status}`;
    return isSameAmount(check, presented) ? undefined : `amount differs from ${check.amount} on file`;
  }

  function present(id: string, when: number) {
    const presented = presentments.get(id);
    if (presented?.dueAt !== when) return;
    presentments.change(id, { dueAt: null });
    const check = checks.get(id);
    const reason = whyNotPay(presented, check);
    if (reason || !check) return refuse(presented, reason ?? 'not on file');
    const { amount, currency } = check;
    checks.change(id, { status: 'paid', paidOn: clock.iso().slice(0, 10) });
    books.move({
      key: id,
      reference: `BK${books.movements.length + 1}`,
      kind: 'paid',
      currency,
      amount,
      at: clock.iso(),
    });
  }

  /** Somebody walks to a bank with a check. Each check is paid in once, however often we hear of it. */
  function expect(written: Written, outcome: CheckOutcome, afterMs = clearMs) {
    const { account, number, currency } = written;
    const id = checkId(account, number);
    const raised = minor(written.amount, currency) + (outcome === 'wrong-amount' ? RAISED_BY_MINOR : 0n);
    const amount = toDecimal(raised, isoExponent(currency));
    const dueAt = isNeverPaidIn(outcome) ? null : clock.now() + afterMs;
    const known = presentments.get(id);
    if (known && (known.dueAt === null || dueAt !== null)) return;
    presentments.put({ id, account, number, amount, currency, outcome, dueAt });
    if (dueAt) clock.at(dueAt, () => present(id, dueAt));
  }

  /** Puts a check on file unless it is there. */
  function file(written: Written): Filed {
    const id = checkId(written.account, written.number);
    const known = checks.get(id);
    if (known && !isSameAmount(known, written))
      return { reason: `already on file with ${known.amount} ${known.currency}` };
    if (known?.status === 'void' || known?.status === 'stopped') return { reason: `check is ${known.status}` };
    if (known) return 'alreadyOnFile';
    checks.put({ id, ...written, status: 'issued', paidOn: null });
    return 'accepted';
  }

  return {
    get: (account: string, number: string) => checks.get(checkId(account, number)),
    exceptions: () => [...exceptions.all()],

    /** A check we printed ourselves and told the bank about; it is in the post from now on. */
    issue(written: Written): Filed {
      const filed = file(written);
      const rule = outcomes.find([written.payee, written.number], written.amount);
      if (filed === 'accepted') expect(written, (rule?.outcome as CheckOutcome | undefined) ?? 'clear', rule?.afterMs);
      return filed;
    },

    /** A check that Lob has mailed: Lob put it on file, and it may do so again after a restart. */
    receiveMailed(written: Written, outcome: CheckOutcome, afterMs: number | null) {
      file(written);
      expect(written, outcome, afterMs ?? clearMs);
    },

    /** Takes a number out of use; a number that was never issued is registered as spoiled. */
    void(written: Written): Filed {
      const id = checkId(written.account, written.number);
      const known = checks.get(id);
      if (known?.status === 'paid') return { reason: `paid on ${known.paidOn}` };
      if (known && !isSameAmount(known, written)) return { reason: `on file with ${known.amount} ${known.currency}` };
      if (known?.status === 'void') return 'alreadyOnFile';
      checks.put({ id, ...written, status: 'void', paidOn: null });
      return 'accepted';
    },

    /** Stops a check; one that was paid cannot be. */
    stop(account: string, number: string): Check | undefined {
      const id = checkId(account, number);
      return checks.get(id)?.status === 'issued' ? checks.change(id, { status: 'stopped' }) : checks.get(id);
    },

    /** Pays in whatever is named, also a check nobody wrote: what a forger does. */
    presentNow(account: string, number: string, amount: string, currency: string) {
      const minorAmount = toMinor(amount, isoExponent(currency)) ?? 0n;
      const id = checkId(account, number);
      const dueAt = clock.now();
      const paidIn = { id, account, number, amount: toDecimal(minorAmount, isoExponent(currency)), currency };
      presentments.put({ ...paidIn, outcome: 'clear', dueAt });
      present(id, dueAt);
    },

    /** Takes up what a restart interrupted. */
    resume() {
      for (const { id, dueAt } of presentments.all()) if (dueAt) clock.at(dueAt, () => present(id, dueAt));
    },
  };
}
