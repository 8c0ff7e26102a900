/** The outcome of a payout, as far as anybody can know. */
export type Ending = 'settled' | 'failed' | 'returned';
/** The way in which a provider treats a payment from the moment of the request. */
export type Fate = 'pays' | 'fails' | 'returns';

export type ModelPayee = {
  code: string;
  method: 'bank' | 'paypal' | 'check';
  fate: Fate;
  earned: bigint;
  /** A payment failed or came back because of the details, and no operator has cleared that yet. */
  hasFailed?: boolean;
  /** We put their payments on hold. */
  isHeld?: boolean;
};
export type ModelPayout = { id: string; run: string; payee: string; net: bigint; wasAsked: boolean; end?: Ending };
export type ModelSale = { id: string; payee: string; minor: bigint; left: bigint };
export type ModelRun = { id: string; status: 'review' | 'paying' | 'over' };

/**
 * A model of the amounts owed, in a few lines that know nothing about journals, attempts or workflows: the earnings of a payee
 * minus the amounts in payouts. All data of the product must agree with it after every step.
 */
export type Model = {
  payees: Map<string, ModelPayee>;
  sales: ModelSale[];
  runs: ModelRun[];
  payouts: ModelPayout[];
};

export const emptyModel = (payees: readonly ModelPayee[]): Model => ({
  payees: new Map(payees.map((payee) => [payee.code, { ...payee }])),
  sales: [],
  runs: [],
  payouts: [],
});

const sumOf = (payouts: readonly ModelPayout[]): bigint => payouts.reduce((sum, { net }) => sum + net, 0n);

const isGone = ({ end }: ModelPayout): boolean => end === 'failed' || end === 'returned';

const payoutsOf = ({ payouts }: Model, payee: string) => payouts.filter((payout) => payout.payee === payee);

/** The amount that the ledger owes a payee. A requested payout is no longer owed until it fails or comes back. */
export const owedTo = (model: Model, { code, earned }: ModelPayee): bigint =>
  earned - sumOf(payoutsOf(model, code).filter((payout) => payout.wasAsked && !isGone(payout)));

/** The amount outside any payout: the next run would pay it, or deduct it from later earnings. */
export const freeFor = (model: Model, { code, earned }: ModelPayee): bigint =>
  earned - sumOf(payoutsOf(model, code).filter((payout) => !isGone(payout)));

export function sell(model: Model, sale: { id: string; payee: string; minor: bigint }): void {
  model.sales.push({ ...sale, left: sale.minor });
  earn(model, sale.payee, sale.minor);
}

/** A refund takes back at most the remainder of its sale. */
export function refund(model: Model, sale: ModelSale, minor: bigint): void {
  const taken = minor < sale.left ? minor : sale.left;
  sale.left -= taken;
  earn(model, sale.payee, -taken);
}

function earn({ payees }: Model, code: string, minor: bigint): void {
  const payee = payees.get(code);
  if (payee) payee.earned += minor;
}

/** Whether approved payouts of a payee may no longer be paid: less is owed by now, or payments to the payee are held or failed. */
export const mustLeave = (model: Model, payee: ModelPayee): boolean =>
  payee.isHeld === true || payee.hasFailed === true || freeFor(model, payee) < 0n;

/** Takes a payout out, as if it had never existed. */
export function remove(model: Model, { id }: ModelPayout): void {
  model.payouts = model.payouts.filter((payout) => payout.id !== id);
}

/** The amounts that a run prepared now would pay, by payee. */
export const payable = (model: Model): Map<string, bigint> =>
  new Map(
    [...model.payees.values()].flatMap((payee) => {
      const free = freeFor(model, payee);
      return free > 0n && !payee.hasFailed && !payee.isHeld ? [[payee.code, free] as const] : [];
    }),
  );

/** A rejected run frees its amounts, as if it had never existed. */
export function reject(model: Model, run: ModelRun): void {
  run.status = 'over';
  model.payouts = model.payouts.filter((payout) => payout.run !== run.id);
}

/** The reason why an end contradicts the provider's own books, or undefined. */
export function whyNot(end: Ending, { net }: ModelPayout, fate: Fate, books: Books): string | undefined {
  if (end === 'failed') return fate === 'fails' && books.paid.length === 0 ? undefined : 'nothing says that it failed';
  if (books.paid.length !== 1 || books.paid[0] !== net)
    return `the provider paid ${books.paid.join(', ') || 'nothing'}`;
  const back = books.returned.reduce((sum, minor) => sum + minor, 0n);
  if (end === 'returned') return back === net ? undefined : `the provider gave ${back} back`;
  return back === 0n || fate === 'returns' ? undefined : `it came back`;
}

/** The entries of a provider about one payout, in minor units. */
export type Books = { paid: readonly bigint[]; returned: readonly bigint[] };

/** The end of every payment once its provider has had enough time. */
export const ENDS: Record<Fate, Ending> = { pays: 'settled', fails: 'failed', returns: 'returned' };
