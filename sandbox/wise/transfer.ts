import { exact } from './wire.ts';

export const WISE_OUTCOMES = ['bounce', 'bounce-short', 'cancel', 'charge-back', 'unknown-word'] as const;
export type WiseOutcome = (typeof WISE_OUTCOMES)[number] | 'arrive';

export type Transfer = {
  id: string;
  customerTransactionId: string;
  profile: string;
  quoteId: string;
  targetAccount: string;
  reference: string;
  sourceCurrency: string;
  sourceAmount: string;
  fee: string;
  targetCurrency: string;
  targetAmount: string;
  rate: string;
  state: string;
  /** The states still to come, and when the next one is due. */
  plan: string[];
  dueAt: number | null;
  afterMs: number | null;
  isFunded: boolean;
  batchId: string | null;
  outcome: WiseOutcome;
  createdAt: string;
};

const SENDING = ['processing', 'funds_converted', 'outgoing_payment_sent'];
const COMING_BACK = ['bounced_back', 'processing', 'cancelled', 'funds_refunded'];

/** The states of a funded transfer, in order. */
export const PLANS: Record<WiseOutcome, readonly string[]> = {
  arrive: SENDING,
  bounce: [...SENDING, ...COMING_BACK],
  'bounce-short': [...SENDING, ...COMING_BACK],
  cancel: ['processing', 'cancelled', 'funds_refunded'],
  'charge-back': [...SENDING, 'charged_back'],
  'unknown-word': ['processing', 'moonstruck'],
};

/** States in which Wise still allows us to cancel. */
export const CANCELLABLE = ['incoming_payment_waiting', 'processing'];

/** The states from which each simulation call is allowed, as in Wise's own sandbox. */
export const SIMULATED_FROM: Record<string, readonly string[]> = {
  processing: ['incoming_payment_waiting', 'bounced_back'],
  funds_converted: ['processing'],
  outgoing_payment_sent: ['funds_converted'],
  bounced_back: ['outgoing_payment_sent'],
  cancelled: ['processing', 'bounced_back'],
  funds_refunded: ['bounced_back', 'cancelled'],
};

/** The longest payment reference for each target currency. */
const REFERENCE_MAX: Record<string, number> = { USD: 10, GBP: 18, EUR: 140, CAD: 35, AUD: 18 };
export const referenceMax = (currency: string) => REFERENCE_MAX[currency] ?? 35;

/** A transfer as Wise shows it. */
export const showTransfer = (transfer: Transfer) => ({
  id: exact(transfer.id),
  user: exact('1'),
  targetAccount: exact(transfer.targetAccount),
  sourceAccount: null,
  quote: null,
  quoteUuid: transfer.quoteId,
  status: transfer.state,
  reference: transfer.reference,
  rate: exact(transfer.rate),
  created: transfer.createdAt.slice(0, 19).replace('T', ' '),
  business: exact(transfer.profile),
  details: { reference: transfer.reference },
  hasActiveIssues: transfer.state === 'bounced_back',
  sourceCurrency: transfer.sourceCurrency,
  sourceValue: exact(transfer.sourceAmount),
  targetCurrency: transfer.targetCurrency,
  targetValue: exact(transfer.targetAmount),
  customerTransactionId: transfer.customerTransactionId,
});
