import type { CurrencyCode } from '../currency.ts';

/** Our ledger's record of an attempt, in minor units: the money that the provider took, its fee, and what came back. */
export type LedgerSide = {
  readonly attemptId: string;
  readonly currency: CurrencyCode;
  readonly paidMinor: bigint;
  readonly feeMinor: bigint;
  readonly returnedMinor: bigint;
  readonly isUnknown: boolean;
  readonly submittedAt: Date;
  /** The batch that asked for it, if any. */
  readonly batchId?: string | null;
};

/** One line of a provider's or bank's statement. Money that left our balance is negative. */
export type ProviderSide = {
  readonly attemptId: string | null;
  readonly lineId: string;
  readonly kind: 'payout' | 'fee' | 'return' | 'funding' | 'other';
  readonly currency: CurrencyCode;
  readonly minor: bigint;
  /** The batch that the line names, if any. */
  readonly batchId?: string | null;
};

export const BREAK_KINDS = [
  'missing_at_provider',
  'missing_in_ledger',
  'amount_differs',
  'fee_differs',
  'paid_twice',
  'return_not_booked',
  'unknown_outcome',
] as const;
export type BreakKind = (typeof BREAK_KINDS)[number];

/** One disagreement. The subject is `attempt/<id>` or `line/<id>`. */
export type BreakFound = {
  readonly kind: BreakKind;
  readonly subject: string;
  readonly attemptId: string | null;
  readonly currency: CurrencyCode;
  readonly expectedMinor: bigint;
  readonly foundMinor: bigint;
};

/**
 * Gives every line of one statement an id of its own. Providers repeat their ids: one bank reference may cover a check and its fee. Lines
 * that share an id are told apart by their order.
 */
export function numberRepeats<Line extends { readonly id: string }>(lines: readonly Line[]): Line[] {
  const counts = new Map<string, number>();
  return lines.map((line) => {
    const count = (counts.get(line.id) ?? 0) + 1;
    counts.set(line.id, count);
    return count === 1 ? line : { ...line, id: `${line.id}#${count}` };
  });
}

const total = (lines: readonly ProviderSide[], kind: ProviderSide['kind']): bigint =>
  lines.filter((line) => line.kind === kind).reduce((sum, { minor }) => sum + minor, 0n);

/** Finds every disagreement between the ledger and a statement, by kind. It leaves out everything that agrees to the cent. */
export function findBreaks(ledger: readonly LedgerSide[], provider: readonly ProviderSide[]): BreakFound[] {
  const byAttempt = Map.groupBy(provider, ({ attemptId }) => attemptId);
  const shared = findSharedFees(ledger, byAttempt);
  const breaks = [
    ...ledger.flatMap((side) => attemptBreaks(side, byAttempt.get(side.attemptId) ?? [])),
    ...(byAttempt.get(null) ?? []).filter(({ kind }) => kind !== 'funding').map(strangerBreak),
  ];
  return breaks.filter(({ kind, subject }) => !(SHARED_BREAKS.has(kind) && shared.has(subject)));
}

/** The breaks that a shared fee explains: that it names no payment, and that these have none of their own. */
const SHARED_BREAKS: ReadonlySet<BreakKind> = new Set(['fee_differs', 'missing_in_ledger']);

/**
 * Finds the fees that a provider took with one line for a whole batch, and returns the subjects that they explain: the lines, and the
 * payments that have no fee line of their own. Such a line names its batch, or its amount is that of the missing fees of one batch.
 */
function findSharedFees(
  ledger: readonly LedgerSide[],
  byAttempt: ReadonlyMap<string | null, readonly ProviderSide[]>,
): ReadonlySet<string> {
  const explained = new Set<string>();
  const withoutFee = ledger.filter(
    ({ attemptId, feeMinor }) => feeMinor !== 0n && total(byAttempt.get(attemptId) ?? [], 'fee') === 0n,
  );
  const fees = (byAttempt.get(null) ?? []).filter(({ kind }) => kind === 'fee');
  for (const [batchId, sides] of Map.groupBy(withoutFee, (side) => side.batchId ?? null)) {
    const expected = -sides.reduce((sum, { feeMinor }) => sum + feeMinor, 0n);
    const unused = fees.filter(({ lineId }) => !explained.has(`line/${lineId}`));
    const named = unused.filter((line) => batchId !== null && line.batchId === batchId);
    const alike = unused.filter((line) => !line.batchId && line.minor === expected).slice(0, 1);
    const lines = named.length > 0 ? named : alike;
    if (lines.length === 0 || total(lines, 'fee') !== expected) continue;
    for (const { lineId } of lines) explained.add(`line/${lineId}`);
    for (const { attemptId } of sides) explained.add(`attempt/${attemptId}`);
  }
  return explained;
}

/** A line of the statement that names no attempt of ours. */
const strangerBreak = ({ lineId, currency, minor }: ProviderSide): BreakFound => ({
  kind: 'missing_in_ledger',
  subject: `line/${lineId}`,
  attemptId: null,
  currency,
  expectedMinor: 0n,
  foundMinor: minor,
});

function attemptBreaks(side: LedgerSide, lines: readonly ProviderSide[]): BreakFound[] {
  const { attemptId, currency } = side;
  const breakOf = (kind: BreakKind, expectedMinor: bigint, foundMinor: bigint): BreakFound => ({
    kind,
    subject: `attempt/${attemptId}`,
    attemptId,
    currency,
    expectedMinor,
    foundMinor,
  });
  const paid = -total(lines, 'payout');
  const fee = -total(lines, 'fee');
  const returned = total(lines, 'return');
  const payments = lines.filter(({ kind }) => kind === 'payout').length;
  const returns = lines.filter(({ kind }) => kind === 'return').length;
  // A check that bounced may be presented again. Each return then undoes an earlier payment of the same check.
  const isNetRight = paid - returned === side.paidMinor - side.returnedMinor && fee === side.feeMinor;
  if (payments > 1 && payments - returns <= 1 && isNetRight && !side.isUnknown) return [];
  return [
    ...(side.isUnknown ? [breakOf('unknown_outcome', side.paidMinor, paid)] : []),
    ...(payments > 1 ? [breakOf('paid_twice', side.paidMinor, paid)] : []),
    ...(payments <= 1 && paid !== side.paidMinor
      ? [breakOf(paymentBreak(side.paidMinor, paid), side.paidMinor, paid)]
      : []),
    ...(fee !== side.feeMinor ? [breakOf('fee_differs', side.feeMinor, fee)] : []),
    ...(returned !== side.returnedMinor ? [breakOf('return_not_booked', side.returnedMinor, returned)] : []),
  ];
}

function paymentBreak(expected: bigint, found: bigint): BreakKind {
  if (found === 0n) return 'missing_at_provider';
  return expected === 0n ? 'missing_in_ledger' : 'amount_differs';
}
