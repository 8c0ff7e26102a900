import type { AttemptState } from '../domain/payouts/attempt.ts';
import type { Money } from '../domain/money.ts';
import type { Objection } from '../domain/partners/form-field.ts';
import type { GatewayName } from '../domain/rails.ts';
import type { TaskKind } from '../domain/tasks/task.ts';

/** Where the money goes: a partner's details from the vault, unsealed for one call and never stored in clear. */
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

/** The payer's own account with a gateway, unsealed from the vault (`payer_gateway.settings`). Each gateway parses its own. */
export type PayerAccount = Readonly<Record<string, unknown>>;

/** One payment to freeze: what we want to pay, before any provider is asked. */
export type PaymentOrder = {
  /** The provider's idempotency key: UUIDv5(payout, attempt number). */
  key: string;
  payoutId: string;
  amount: Money;
  destination: Destination;
  account: PayerAccount;
  /** The text that the payee sees, such as the run's period: letters, digits and spaces, at most 10 characters. */
  reference: string;
  /** The number in the payer's own check register. Only checks have one, ours and Lob's alike. */
  checkNumber: bigint | null;
  /** The payer's name as it is printed on checks. */
  payerName: string;
  payerAddress: PostalAddress | null;
  /** Local date of payment, such as `2026-11-23`. */
  paidOn: string;
};

/** A frozen attempt as it is submitted, resolved and read: the exact bytes that `freeze` made, and how far the calls got. */
export type Submission = {
  key: string;
  payoutId: string;
  amount: Money;
  /** The bytes that `freeze` returned, unsealed from the vault. */
  request: Uint8Array;
  /** The provider's reference, once known (Wise transfer id, PayPal batch id, Lob check id, `account:number`). */
  reference: string | null;
  /** How far a payment of several calls got, as JSON in the gateway's own format. It holds ids only, nothing personal. */
  step: string | null;
  /** The earliest time at which the first call may have been made; the provider's idempotency window starts here. Null before. */
  submittedAt: Date | null;
};

/** Stores how far a payment of several calls got. It is committed before the next call is made. */
export type SaveStep = (step: string, reference: string | null) => Promise<void>;

/** The states that a provider can report. The others are only ours. */
export type ReplyState = Exclude<AttemptState, 'prepared' | 'submitted' | 'stale'>;

/** A provider's report on an attempt, translated into our terms. */
export type Reply = {
  /** Null leaves the attempt as it is: nothing has changed, or the provider's status is unknown to us (then `alarm` is set). */
  state: ReplyState | null;
  /** The provider's own status, stored as it came. */
  providerStatus: string;
  reference: string | null;
  /** The money that has left the payer's balance with the provider so far, amount and fee apart. Null while none has. */
  debited: { amount: Money; fee: Money } | null;
  /** The money that has come back to the payer's balance so far. Null while none has. */
  returned: { amount: Money; fee: Money } | null;
  /** The reason as the provider's code (`RECEIVER_UNREGISTERED`, `ACCOUNT_CLOSED`), if there is one. */
  reason: string | null;
  /** The details of the payee that the provider refuses, by the names of our forms, each with what is wrong. They never hold the details. */
  objections: readonly Objection[];
  /** Something a person must know about: an unknown status, a charge-back, a blocked item. */
  alarm: string | null;
  /** A task that only a person can do or decide, until the provider reports something new. */
  task: { kind: TaskKind; detail: string } | null;
  /** The provider's trace ids and status, free of personal data, kept as evidence of the attempt. */
  evidence: Readonly<Record<string, string | number | null>>;
};

/** A frozen batch as it is submitted, resolved and read. */
export type BatchSubmission = Pick<Submission, 'key' | 'request' | 'reference' | 'step' | 'submittedAt'> & {
  /** The sum and the number of its payments. A person reads them before funding the batch. */
  total: Money;
  itemCount: number;
};

/** One payment of a batch to freeze: its own frozen request. */
export type BatchItem = { key: string; request: Uint8Array };

/** The changes and queries that a gateway needs from the database while it works on a batch. Each change is committed before the next call is made. */
export type BatchCallbacks = {
  /** Stores how far the batch's own calls got. */
  save: SaveStep;
  /** The payments that the batch may still pay, in order. */
  items: () => Promise<readonly Submission[]>;
  saveItem: (key: string, step: string, reference: string | null) => Promise<void>;
  /** Records a reply about one payment that does not apply to the others: it failed, or a person must look at it. */
  recordItem: (key: string, reply: Reply) => Promise<void>;
  /** Stores the reference and step by which each payment is followed from now on. */
  nameItems: (items: readonly { key: string; reference: string; step: string }[]) => Promise<void>;
};

/** A provider's report on a batch, translated into our terms. */
export type BatchReply = Pick<Reply, 'providerStatus' | 'reference' | 'reason' | 'task' | 'evidence'> & {
  /**
   * `accepted`: each payment can be followed on its own once it is named. `refused`: it is proven that none of its money moved.
   * Null leaves the batch as it is: no money has been asked for yet, and it continues from its step.
   */
  state: 'accepted' | 'refused' | 'needs_person' | 'unknown' | null;
  /** The payments that caused the refusal, each with the provider's code. The others may be sent again. */
  refused: readonly { key: string; reason: string }[];
};

/** A gateway that can send many payments at once. Its calls throw only what the calls of `Gateway` may throw. */
export type BatchGateway = {
  /** How many payments the provider takes at once. */
  itemsMax: number;
  /** Freezes one request for all payments, whose own requests are already frozen. */
  freeze: (key: string, items: readonly BatchItem[]) => Uint8Array;
  /** Sends the batch, or continues sending it. Only the caller who took the batch from prepared to submitted may call it. */
  submit: (batch: BatchSubmission, callbacks: BatchCallbacks, signal: AbortSignal) => Promise<BatchReply>;
  /** Continues where an earlier try stopped or was unclear, with the same key. Absence is never a reason for `refused`. */
  resolve: (batch: BatchSubmission, callbacks: BatchCallbacks, signal: AbortSignal) => Promise<BatchReply>;
  /** Reads a batch that waits for a person, to see whether it has been funded. */
  read: (batch: BatchSubmission, callbacks: BatchCallbacks, signal: AbortSignal) => Promise<BatchReply>;
  /** Names the payments of an accepted batch, as many as the provider shows so far. */
  name: (batch: BatchSubmission, callbacks: BatchCallbacks, signal: AbortSignal) => Promise<void>;
};

/** The bank's reply to a stop payment. */
export type StopReply =
  /** The bank no longer pays the check. The stop lapses on `expiresOn` (null: the bank knew no such check). A void never lapses. */
  { outcome: 'stopped'; expiresOn: string | null; isVoid: boolean } | { outcome: 'already_paid' };

/** A check that was presented at the bank but does not match its file. It waits for our decision until `decideBy`; then it is returned. */
export type BankException = {
  id: string;
  number: bigint;
  amount: Money;
  reason: string;
  at: Date;
  decideBy: Date;
  status: 'open' | 'paid' | 'returned';
};

/** The bank's services for checks besides paying them. Every call may be repeated; an unclear one throws `gateway_unavailable`. */
export type CheckServices = {
  /** Stops the payment of a check and voids its number, so that it stays dead when the stop lapses. */
  stop: (submission: Submission, signal: AbortSignal) => Promise<StopReply>;
  /** Renews the stop that lapses on a given day for another six months. A repeated call renews it only once. */
  renew: (submission: Submission, lapsesOn: string | null, signal: AbortSignal) => Promise<StopReply>;
  exceptions: (account: PayerAccount, signal: AbortSignal) => Promise<BankException[]>;
  /** Decides an exception and returns what the bank did. If the decision comes too late, the bank has already returned the check. */
  decide: (exceptionId: string, decision: 'pay' | 'return', signal: AbortSignal) => Promise<BankException['status']>;
};

/** One line of the provider's or bank's own statement. Amounts are signed: a debit of our balance is negative. */
export type StatementLine = {
  /** The provider's id of the line, unique within the statement. */
  id: string;
  kind: 'payout' | 'fee' | 'return' | 'funding' | 'other';
  amount: Money;
  occurredAt: Date;
  /** Joins the line to an attempt: `payout_attempt.provider_ref` or `provider_key`. */
  reference: string | null;
  key: string | null;
};

/** The subject of a genuine webhook. It is only a hint: the payout then reads the provider's object again. */
export type WebhookHint = {
  eventId: string;
  reference: string | null;
  key: string | null;
  providerStatus: string;
  /** The state that it reports, in our terms. Null where it reports something else. */
  state: ReplyState | null;
  /** Whether it only reports that a batch goes on, which says nothing about its payments. */
  isProgress: boolean;
  /** Why a payment failed, as the provider's code, where only the webhook gives it. It explains but decides nothing. */
  reason: string | null;
};

/** Reads the webhooks of one provider and verifies the signature over the raw bytes. Throws Failure `webhook_not_genuine`. */
export type WebhookReader = (headers: Headers, rawBody: Uint8Array, now: Date) => Promise<WebhookHint>;

/**
 * One gateway. Its calls throw only what leaves the attempt as it was and may be tried again with the same key:
 * Failure `gateway_not_sent` (nothing left this machine), `gateway_rate_limited`, `gateway_unavailable` (look-ups only), or
 * `gateway_refused` (the provider refuses our account: funds, key, permissions; it pauses the gateway).
 * An unclear outcome is a Reply with state `unknown`, never an exception.
 */
export type Gateway = {
  name: GatewayName;
  /** Turns the order into the bytes to send. Throws Failure `recipient_rejected`, naming the detail or amount it cannot express. */
  freeze: (order: PaymentOrder) => Uint8Array;
  /** Asks the provider, once. Only the caller who took the attempt from prepared to submitted may call it. */
  submit: (submission: Submission, save: SaveStep, signal: AbortSignal) => Promise<Reply>;
  /** After an unclear outcome: looks up by key, then repeats the identical request if that is safe. Absence is never a reason for `failed`. */
  resolve: (submission: Submission, save: SaveStep, signal: AbortSignal) => Promise<Reply>;
  /** Reads the provider's object again by its reference. */
  read: (submission: Submission, signal: AbortSignal) => Promise<Reply>;
  /** Its statement has days without times. They are asked for as days in UTC, whatever the account's zone. */
  hasDatesOnly?: true;
  /**
   * The provider's own statement of one day (half-open), for reconciliation. A row that cannot be read hides no other row:
   * `onUnreadable` is told its name.
   */
  statement: (
    account: PayerAccount,
    currency: string,
    from: Date,
    to: Date,
    signal: AbortSignal,
    onUnreadable?: (row: string) => void,
  ) => Promise<StatementLine[]>;
  /** Only for gateways that can send many payments at once. */
  batches?: BatchGateway;
  /** Only for checks: what else we ask the bank that they are drawn on. */
  checkServices?: CheckServices;
};

export type Gateways = Record<GatewayName, Gateway>;
