import { isoExponent, minorOf, toDecimal, toMinor } from '../decimals.ts';
import type { StandIn } from '../site.ts';

export const CHECK_OUTCOMES = [
  'returned-to-sender',
  'fail',
  'never-cleared',
  'wrong-amount',
  'bounced',
  'bounced-then-cleared',
] as const;
export type CheckOutcome = (typeof CHECK_OUTCOMES)[number] | 'clear';

/** A check as the bank has it on file, from a positive-pay file. */
export type Check = {
  id: string;
  account: string;
  number: string;
  amount: string;
  currency: string;
  payee: string;
  date: string;
  status: 'issued' | 'paid' | 'void';
  paidOn: string | null;
  /** The time until which a stop payment holds. Then it lapses. */
  stopUntil: string | null;
};

/** A check that somebody will pay in, whether it is on file or not. */
type Presentment = {
  id: string;
  account: string;
  number: string;
  amount: string;
  currency: string;
  outcome: CheckOutcome;
  dueAt: number | null;
  /** It was paid and will bounce next. */
  isToBounce: boolean;
};

export type CheckException = {
  id: string;
  account: string;
  number: string;
  amount: string;
  currency: string;
  reason: string;
  at: string;
  /** The time until which our customer may decide. After it, the bank returns the check. */
  decideBy: string;
  status: 'open' | 'paid' | 'returned';
  decidedBy: 'customer' | 'default' | 'stop' | null;
};

export const DECISIONS = ['pay', 'return'] as const;
export type Decision = (typeof DECISIONS)[number];

type Written = Pick<Check, 'account' | 'number' | 'amount' | 'currency' | 'payee' | 'date'>;

/** The result for a row of a file: accepted, already on file, or refused with a reason. */
export type Filed = 'accepted' | 'alreadyOnFile' | { reason: string };

/** How much somebody raised the amount of a check by, in minor units. */
const RAISED_BY_MINOR = 100n;
const STOP_MONTHS = 6;
const DECIDE_WITHIN_MS = 24 * 3600_000;

/** The same time six months later. */
function stopEnd(now: number): string {
  const end = new Date(now);
  end.setUTCMonth(end.getUTCMonth() + STOP_MONTHS);
  return end.toISOString();
}

/** A check is identified by account and number. Banks read 001234 and 1234 as the same number. */
export const checkId = (account: string, number: string) => `${account}/${number.replace(/^0+(?=\d)/, '')}`;

const isNeverPaidIn = (outcome: CheckOutcome) => outcome === 'never-cleared' || outcome === 'returned-to-sender';
const isBouncing = (outcome: CheckOutcome) => outcome === 'bounced' || outcome === 'bounced-then-cleared';

export type Checks = ReturnType<typeof openChecks>;

/** The bank's checks: those on file, those that are paid in, those that it pays and those that it refuses. */
export function openChecks({ books, clock, outcomes, clearMs }: StandIn) {
  const checks = books.table<Check>('check');
  const presentments = books.table<Presentment>('presentment');
  const exceptions = books.table<CheckException>('exception');
  /** Accounts whose checks Lob mails. Their checks are in the mail when Lob says so, not when they are filed. */
  const mailedByLob = new Set<string>();
  let exceptionCount = [...exceptions.all()].length;

  const minor = (amount: string, currency: string) => minorOf(amount, isoExponent(currency));
  const isSameAmount = (a: Pick<Check, 'amount' | 'currency'>, b: Pick<Check, 'amount' | 'currency'>) =>
    a.currency === b.currency && minor(a.amount, a.currency) === minor(b.amount, b.currency);

  const isStopped = ({ stopUntil }: Check) => stopUntil !== null && Date.parse(stopUntil) > clock.now();

  /** Asks our customer to decide about a check within a day. For a stopped check, the stop payment has already decided. */
  function refuse({ account, number, amount, currency }: Presentment, reason: string, check: Check | undefined) {
    exceptionCount += 1;
    const decideBy = new Date(clock.now() + DECIDE_WITHIN_MS).toISOString();
    const asked = { id: `EX${exceptionCount}`, account, number, amount, currency, reason, at: clock.iso(), decideBy };
    if (check && isStopped(check)) exceptions.put({ ...asked, status: 'returned', decidedBy: 'stop' });
    else returnAtDeadline(exceptions.put({ ...asked, status: 'open', decidedBy: null }));
  }

  const returnAtDeadline = ({ id, decideBy }: CheckException) =>
    clock.at(Date.parse(decideBy), () => {
      if (exceptions.get(id)?.status === 'open') exceptions.change(id, { status: 'returned', decidedBy: 'default' });
    });

  /** Says why the bank would not pay a presented check. Positive pay compares number and amount. */
  function whyNotPay(presented: Presentment, check: Check | undefined): string | undefined {
    if (presented.outcome === 'fail') return 'refer to maker';
    if (!check) return 'not on file';
    if (isStopped(check)) return 'payment is stopped';
    if (check.status !== 'issued') return `check is ${check.status}`;
    return isSameAmount(check, presented) ? undefined : `amount differs from ${check.amount} on file`;
  }

  function present(id: string, when: number) {
    const presented = presentments.get(id);
    if (presented?.dueAt !== when) return;
    presentments.change(id, { dueAt: null });
    const check = checks.get(id);
    if (check && presented.isToBounce) return bounce(check, presented);
    const reason = whyNotPay(presented, check);
    if (reason || !check) return refuse(presented, reason ?? 'not on file', check);
    pay(check);
    if (!isBouncing(presented.outcome)) return;
    presentments.change(id, { isToBounce: true });
    goOnLater(id);
  }

  function goOnLater(id: string) {
    const dueAt = clock.now() + clearMs;
    presentments.change(id, { dueAt });
    clock.at(dueAt, () => present(id, dueAt));
  }

  /** Returns the money and keeps the check on file as unpaid, so that anybody who holds the paper may present it again. */
  function bounce({ id, currency, amount }: Check, { outcome }: Presentment) {
    checks.change(id, { status: 'issued', paidOn: null });
    books.move({ key: id, reference: nextReference(), kind: 'returned', currency, amount, at: clock.iso() });
    presentments.change(id, { isToBounce: false, outcome: 'clear' });
    if (outcome === 'bounced-then-cleared') goOnLater(id);
  }

  const nextReference = () => `BK${books.movements.length + 1}`;

  /** Takes the money from our account, as the statement then shows. */
  function pay({ account, number, amount, currency }: Pick<Check, 'account' | 'number' | 'amount' | 'currency'>) {
    const id = checkId(account, number);
    if (checks.get(id)) checks.change(id, { status: 'paid', paidOn: clock.iso().slice(0, 10) });
    books.move({ key: id, reference: nextReference(), kind: 'paid', currency, amount, at: clock.iso() });
  }

  /** Somebody will pay a check in. Each check is paid in once, however often it is reported. */
  function expect(written: Written, outcome: CheckOutcome, afterMs = clearMs) {
    const { account, number, currency } = written;
    const id = checkId(account, number);
    const raised = minor(written.amount, currency) + (outcome === 'wrong-amount' ? RAISED_BY_MINOR : 0n);
    const amount = toDecimal(raised, isoExponent(currency));
    const dueAt = isNeverPaidIn(outcome) ? null : clock.now() + afterMs;
    const known = presentments.get(id);
    if (known && (known.dueAt === null || dueAt !== null)) return;
    presentments.put({ id, account, number, amount, currency, outcome, dueAt, isToBounce: false });
    if (dueAt) clock.at(dueAt, () => present(id, dueAt));
  }

  /** Puts a check on file unless it is already there. */
  function file(written: Written): Filed {
    const id = checkId(written.account, written.number);
    const known = checks.get(id);
    if (known && !isSameAmount(known, written))
      return { reason: `already on file with ${known.amount} ${known.currency}` };
    if (known && isStopped(known)) return { reason: 'payment is stopped' };
    if (known?.status === 'void') return { reason: 'check is void' };
    if (known) return 'alreadyOnFile';
    checks.put({ id, ...written, status: 'issued', paidOn: null, stopUntil: null });
    return 'accepted';
  }

  return {
    get: (account: string, number: string) => checks.get(checkId(account, number)),
    statusOf: (check: Check) => (check.status !== 'paid' && isStopped(check) ? 'stopped' : check.status),
    exceptions: () => [...exceptions.all()],
    leaveToLob: (account: string) => void mailedByLob.add(account),

    /** Files an issued check. A check that we printed ourselves is in the mail from now on. */
    issue(written: Written): Filed {
      const filed = file(written);
      const rule = outcomes.find([written.payee, written.number], written.amount);
      if (filed === 'accepted' && !mailedByLob.has(written.account))
        expect(written, (rule?.outcome as CheckOutcome | undefined) ?? 'clear', rule?.afterMs);
      return filed;
    },

    /** Records that Lob has mailed a check. Lob may report it again after a restart. This does not put the check on file. */
    receiveMailed(written: Written, outcome: CheckOutcome, afterMs: number | null) {
      expect(written, outcome, afterMs ?? clearMs);
    },

    /** Takes a number out of use. A number that was never issued is registered as spoiled. */
    void(written: Written): Filed {
      const id = checkId(written.account, written.number);
      const known = checks.get(id);
      if (known?.status === 'paid') return { reason: `paid on ${known.paidOn}` };
      if (known && !isSameAmount(known, written)) return { reason: `on file with ${known.amount} ${known.currency}` };
      if (known?.status === 'void') return 'alreadyOnFile';
      checks.put({ id, ...written, status: 'void', paidOn: null, stopUntil: known?.stopUntil ?? null });
      return 'accepted';
    },

    /**
     * Stops a check for six months. A check that was paid cannot be stopped. A repeated request changes nothing, unless it renews the
     * stop that lapses on the given day. That stop then holds for six months from now.
     */
    stop(account: string, number: string, renews: string | null): Check | undefined {
      const check = checks.get(checkId(account, number));
      if (!check || check.status === 'paid') return check;
      const isKnown = isStopped(check) && check.stopUntil?.slice(0, 10) !== renews;
      return isKnown ? check : checks.change(check.id, { stopUntil: stopEnd(clock.now()) });
    },

    /** Records our customer's decision about an exception. Undefined if there is none. A late decision changes nothing. */
    decide(id: string, decision: Decision): CheckException | undefined {
      const asked = exceptions.get(id);
      if (asked?.status !== 'open') return asked;
      const check = checks.get(checkId(asked.account, asked.number));
      if (check && isStopped(check)) return exceptions.change(id, { status: 'returned', decidedBy: 'stop' });
      if (decision === 'pay') pay(asked);
      return exceptions.change(id, { status: decision === 'pay' ? 'paid' : 'returned', decidedBy: 'customer' });
    },

    /** Pays in any check, even one that nobody wrote, as a forger would. */
    presentNow(account: string, number: string, amount: string, currency: string) {
      const minorAmount = toMinor(amount, isoExponent(currency)) ?? 0n;
      const id = checkId(account, number);
      const dueAt = clock.now();
      const paidIn = { id, account, number, amount: toDecimal(minorAmount, isoExponent(currency)), currency };
      presentments.put({ ...paidIn, outcome: 'clear', dueAt, isToBounce: false });
      present(id, dueAt);
    },

    /** Continues what a restart interrupted. */
    resume() {
      for (const { id, dueAt } of presentments.all()) if (dueAt) clock.at(dueAt, () => present(id, dueAt));
      for (const asked of exceptions.all()) if (asked.status === 'open') returnAtDeadline(asked);
    },
  };
}
