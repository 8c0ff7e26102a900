import type { AttemptState } from '../domain/payouts/attempt.ts';
import type { Money } from '../domain/money.ts';
import type { GatewayName } from '../domain/rails.ts';
import type { TaskKind } from '../domain/tasks/task.ts';
import type { CheckDesk } from './check-bank/desk.ts';

/** Where the money goes: a partner's vaulted details, opened for one call and never stored in clear. */
export type Destination =
  | { method: 'bank'; holder: string; currency: string; country: string; details: Readonly<Record<string, string>> }
  | { method: 'paypal'; receiver: string }
  | { method: 'check'; payee: string; address: PostalAddress };

export type PostalAddress = {
  line1: string;
  line2?: string | undefined;
  city: string;
  region: string;
  postalCode: string;
  country: string;
};

/** The payer's own account with a gateway, opened from the vault (`payer_gateway.settings`); each gateway parses its own. */
export type PayerAccount = Readonly<Record<string, unknown>>;

/** One payment to be frozen: what is asked for, before anybody is asked. */
export type PaymentOrder = {
  /** The provider's idempotency key: UUIDv5(payout, attempt number). */
  key: string;
  payoutId: string;
  amount: Money;
  destination: Destination;
  account: PayerAccount;
  /** What the payee sees, as the run's period: letters, digits and spaces, at most 10 characters. */
  reference: string;
  /** Number in the payer's own check register; only for checks, whoever prints them. */
  checkNumber: bigint | null;
  /** The payer's name as it is printed on checks. */
  payerName: string;
  payerAddress: PostalAddress | null;
  /** Local date of payment, `2026-11-23`. */
  paidOn: string;
};

/** A frozen attempt as it is sent, resolved and read: the exact bytes that `freeze` made, and how far the calls came. */
export type Submission = {
  key: string;
  payoutId: string;
  amount: Money;
  /** What `freeze` returned; opened from the vault. */
  request: Uint8Array;
  /** The provider's reference, once known (Wise transfer id, PayPal batch id, Lob check id, `account:number`). */
  reference: string | null;
  /** How far a call of several parts came, as JSON of the gateway's own making; ids only, nothing personal. */
  step: string | null;
  /** When the first call may have been made; the provider's idempotency window counts from here. Null before. */
  submittedAt: Date | null;
};

/** Keeps how far a call of several parts came, committed before the next part is called. */
export type SaveStep = (step: string, reference: string | null) => Promise<void>;

/** The states that a provider can tell; the others are ours alone. */
export type AnswerState = Exclude<AttemptState, 'prepared' | 'submitted' | 'stale'>;

/** What a provider says of an attempt, in our words. */
export type Answer = {
  /** Null leaves the attempt where it is: there is no news, or (then `alarm` is set) a word that nobody knows. */
  state: AnswerState | null;
  /** The provider's own word, stored as it came. */
  word: string;
  reference: string | null;
  /** What left the payer's balance with the provider so far (amount and fee apart), null while nothing did. */
  debited: { amount: Money; fee: Money } | null;
  /** What came back to the payer's balance so far, null while nothing did. */
  returned: { amount: Money; fee: Money } | null;
  /** Why, in the provider's code (`RECEIVER_UNREGISTERED`, `ACCOUNT_CLOSED`), where there is one. */
  reason: string | null;
  /** Something a person must hear of: an unknown word, a charge-back, a blocked item. */
  alarm: string | null;
  /** What only a person can do or decide now, until the provider says more. */
  task: { kind: TaskKind; detail: string } | null;
  /** The provider's trace ids and status, free of personal data, for the attempt's evidence. */
  evidence: Readonly<Record<string, string | number | null>>;
};

/** A frozen batch as it is sent, resolved and read. */
export type BatchSubmission = Pick<Submission, 'key' | 'request' | 'reference' | 'step' | 'submittedAt'> & {
  /** The sum of its payments, and how many they are: what a person reads before they fund it. */
  total: Money;
  itemCount: number;
};

/** One payment of a batch that is to be frozen: what `freeze` made of it alone. */
export type BatchItem = { key: string; request: Uint8Array };

/** What a gateway needs done in the database while it works on a batch; each is committed before the next call is made. */
export type BatchHands = {
  /** Keeps how far the batch's own calls came. */
  save: SaveStep;
  /** The payments that may still be paid by it, in order. */
  items: () => Promise<readonly Submission[]>;
  saveItem: (key: string, step: string, reference: string | null) => Promise<void>;
  /** Says of one payment what the others do not share: it failed, or a person must look. */
  recordItem: (key: string, answer: Answer) => Promise<void>;
  /** Keeps by what each payment is followed from now on. */
  nameItems: (items: readonly { key: string; reference: string; step: string }[]) => Promise<void>;
};

/** What a provider says of a batch, in our words. */
export type BatchAnswer = Pick<Answer, 'word' | 'reference' | 'reason' | 'task' | 'evidence'> & {
  /**
   * `accepted`: each payment can be followed by itself, once it is named. `refused`: proved that nothing of it moved. Null leaves
   * the batch where it is: no money was asked for yet, and it goes on from its step.
   */
  state: 'accepted' | 'refused' | 'needs_person' | 'unknown' | null;
  /** The payments for whose sake it was refused, each with the provider's code. The others may be asked for again. */
  refused: readonly { key: string; reason: string }[];
};

/** A gateway that can ask for many payments at once. Calls throw what those of `Gateway` may throw. */
export type BatchGateway = {
  /** How many payments the provider takes at once. */
  itemsMax: number;
  /** Freezes what is asked for all of them, whose own requests are frozen already. */
  freeze: (key: string, items: readonly BatchItem[]) => Uint8Array;
  /** Asks the provider, or goes on asking. Only whoever took the batch from prepared to submitted calls it. */
  submit: (batch: BatchSubmission, hands: BatchHands, signal: AbortSignal) => Promise<BatchAnswer>;
  /** Goes on where an earlier try stopped or was unclear. Never `refused` from absence, and never under another key. */
  resolve: (batch: BatchSubmission, hands: BatchHands, signal: AbortSignal) => Promise<BatchAnswer>;
  /** Reads a batch that waits for a person: has it been funded? */
  read: (batch: BatchSubmission, hands: BatchHands, signal: AbortSignal) => Promise<BatchAnswer>;
  /** Names the payments of an accepted batch, as many as the provider shows by now. */
  name: (batch: BatchSubmission, hands: BatchHands, signal: AbortSignal) => Promise<void>;
};

/** One line of the provider's or bank's own statement. Amounts are signed: a debit of our balance is negative. */
export type StatementLine = {
  /** The provider's id of the line, unique within the statement. */
  id: string;
  kind: 'payout' | 'fee' | 'return' | 'funding' | 'other';
  amount: Money;
  occurredAt: Date;
  /** Joins it to an attempt: `payout_attempt.provider_ref` or `provider_key`. */
  reference: string | null;
  key: string | null;
};

/** What a genuine webhook is about. It is a hint: the payout re-reads the provider's object. */
export type WebhookHint = {
  eventId: string;
  reference: string | null;
  key: string | null;
  word: string;
  /** Why a payment failed, in the provider's code, where only the webhook says so. It explains, and decides nothing. */
  reason: string | null;
};

/** Reads webhooks of one provider: checks the signature over the raw bytes. Throws Failure `webhook_not_genuine`. */
export type WebhookReader = (headers: Headers, rawBody: Uint8Array, now: Date) => Promise<WebhookHint>;

/**
 * One gateway. Calls throw only what leaves the attempt as it was and may be tried again with the same key:
 * Failure `gateway_not_sent` (nothing left this machine), `gateway_rate_limited`, `gateway_unavailable` (look-ups only), or
 * `gateway_refused` (the provider refuses us as a whole: funds, key, account; it pauses the gateway).
 * An unclear outcome is an Answer with state `unknown`, never an exception.
 */
export type Gateway = {
  name: GatewayName;
  /** Whether it can express the amount and the details; throws Failure `recipient_rejected` naming what is wrong. */
  freeze: (order: PaymentOrder) => Uint8Array;
  /** Asks the provider, once. Only whoever took the attempt from prepared to submitted calls it. */
  submit: (submission: Submission, save: SaveStep, signal: AbortSignal) => Promise<Answer>;
  /** After an unclear outcome: looks up by key, then repeats the identical request where that is safe. Never `failed` from absence. */
  resolve: (submission: Submission, save: SaveStep, signal: AbortSignal) => Promise<Answer>;
  /** Reads the provider's object again by its reference. */
  read: (submission: Submission, signal: AbortSignal) => Promise<Answer>;
  /** The provider's own statement of one day (UTC, half-open), for reconciliation. */
  statement: (
    account: PayerAccount,
    currency: string,
    from: Date,
    to: Date,
    signal: AbortSignal,
  ) => Promise<StatementLine[]>;
  /** Where it can ask for many payments at once. */
  batches?: BatchGateway;
  /** For checks: what else is asked of the bank they are drawn on. */
  desk?: CheckDesk;
};

export type Gateways = Record<GatewayName, Gateway>;
