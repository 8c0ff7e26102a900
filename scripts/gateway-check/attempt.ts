import type { Reply, Gateway, PaymentOrder, SaveStep, Submission } from '../../gateways/gateway.ts';

/** The time limit for one call to a provider. */
const PATIENCE_MS = 30_000;

/** An attempt as a worker holds it. Stored data survives, but an answer may be lost. */
export type Attempt = {
  order: PaymentOrder;
  stored: Submission;
  submit: (signal?: AbortSignal) => Promise<Reply>;
  resolve: (signal?: AbortSignal) => Promise<Reply>;
  read: () => Promise<Reply>;
  /** Acts as if the worker had died before it stored its answers: only the data that `save` stored is known. */
  forgetAnswers: () => void;
};

export const patience = (): AbortSignal => AbortSignal.timeout(PATIENCE_MS);

/** Freezes a payment and keeps the data that the database would store. */
export function createAttempt(gateway: Gateway, order: PaymentOrder, submittedAt = new Date()): Attempt {
  const { key, payoutId, amount } = order;
  const stored: Submission = {
    key,
    payoutId,
    amount,
    request: gateway.freeze(order),
    reference: null,
    step: null,
    submittedAt,
  };
  let savedReference: string | null = null;
  const save: SaveStep = async (step, reference) => {
    stored.step = step;
    savedReference = reference ?? savedReference;
    stored.reference = savedReference ?? stored.reference;
  };
  const keep = (answer: Reply): Reply => {
    stored.reference = answer.reference ?? stored.reference;
    return answer;
  };
  return {
    order,
    stored,
    submit: async (signal = patience()) => keep(await gateway.submit(stored, save, signal)),
    resolve: async (signal = patience()) => keep(await gateway.resolve(stored, save, signal)),
    read: async () => keep(await gateway.read(stored, patience())),
    forgetAnswers: () => void (stored.reference = savedReference),
  };
}
