import type { AttemptState } from './attempt.ts';
import type { GatewayName } from '../rails.ts';
import type { PayoutStatus } from './payout.ts';

/** The parties that may have to act so that the money arrives. */
export const ACTORS = ['partner', 'us', 'provider'] as const;
export type Advice = {
  readonly who: (typeof ACTORS)[number];
  /** One sentence to the partner that says what is wrong and what to do. */
  readonly text: string;
};

/** A payout needs somebody to act when one of these has happened to it. */
export type Mishap = 'failed' | 'returned' | 'unclaimed';

const partner = (text: string): Advice => ({ who: 'partner', text });
const us = (text: string): Advice => ({ who: 'us', text });
const provider = (text: string): Advice => ({ who: 'provider', text });

/** The reasons why PayPal did not pay, or has not paid yet: `errors.name` of a payout item (PayPal Payouts, error messages). An open set. */
const PAYPAL = {
  CLOSED_MARKET: partner(
    'Your PayPal account cannot receive payments from abroad, so please give us your bank details instead.',
  ),
  CURRENCY_COMPLIANCE: partner(
    'Your PayPal account is not allowed to hold this currency, so please give us your bank details instead.',
  ),
  CURRENCY_NOT_SUPPORTED_FOR_RECEIVER: partner(
    'Your PayPal account does not accept this currency, so please add the currency at PayPal or give us your bank details.',
  ),
  INVALID_EMAIL: partner('This e-mail address does not exist, so please correct it.'),
  PENDING_RECIPIENT_NON_HOLDING_CURRENCY_PAYMENT_PREFERENCE: partner(
    'Your PayPal account asks you before it accepts this currency, so please log in to PayPal and accept the payment.',
  ),
  RECEIVER_ACCOUNT_INVALID: partner(
    'PayPal has no account that can receive this payment, so please check the e-mail address you gave us.',
  ),
  RECEIVER_ACCOUNT_LIMITATION: partner(
    'Your PayPal account is limited, so please log in to PayPal and resolve the limitation.',
  ),
  RECEIVER_ACCOUNT_LOCKED: partner(
    'Your PayPal account is locked, so please ask PayPal to unlock it or choose another way to be paid.',
  ),
  RECEIVER_COUNTRY_NOT_ALLOWED: partner(
    'PayPal does not make payouts to your country, so please give us your bank details instead.',
  ),
  RECEIVER_REFUSED: partner(
    'Your PayPal account refuses payments in this currency, so please change that setting or give us your bank details.',
  ),
  RECEIVER_STATE_RESTRICTED: partner(
    'PayPal does not make payouts to your state, so please give us your bank details instead.',
  ),
  RECEIVER_UNCONFIRMED: partner(
    'This e-mail address has not been confirmed at PayPal, so please log in to PayPal and confirm it.',
  ),
  RECEIVER_UNREGISTERED: partner(
    'There is no PayPal account with this e-mail address, so please open one or give us the address of your account.',
  ),
  RECEIVER_YOUTH_ACCOUNT: partner(
    'PayPal does not make payouts to youth accounts, so please give us the address of another account.',
  ),
  RECEIVING_LIMIT_EXCEEDED: partner(
    'The amount is more than your PayPal account can receive at the moment, so please ask PayPal to raise the limit or give us your bank details.',
  ),
  SELF_PAY_NOT_ALLOWED: partner(
    'This is the address of our own PayPal account, so please give us the address of yours.',
  ),
  UNVERIFIED_RECIPIENT_NOT_SUPPORTED: partner(
    'Your PayPal account is not verified, so please log in to PayPal and verify it.',
  ),
  INSUFFICIENT_FUNDS: us('Our PayPal balance was too low: we will top it up, and there is nothing you need to do.'),
  NEGATIVE_BALANCE: us('Our PayPal balance was below zero: we will top it up, and there is nothing you need to do.'),
  NON_HOLDING_CURRENCY: us(
    'We have no PayPal balance in this currency: we will fix this, and there is nothing you need to do.',
  ),
  SENDER_ACCOUNT_LOCKED: us('Our own PayPal account is locked: we will fix this, and there is nothing you need to do.'),
  SPENDING_LIMIT_EXCEEDED: us(
    'We have reached our own limit at PayPal: we will have it raised, and there is nothing you need to do.',
  ),
  TRANSACTION_DECLINED_BY_TRAVEL_RULE: us(
    'PayPal needs more information about us before it pays: we will provide it, and there is nothing you need to do.',
  ),
  TRANSACTION_LIMIT_EXCEEDED: us(
    'The amount is more than PayPal lets us send at once: we will fix this, and there is nothing you need to do.',
  ),
  REGULATORY_BLOCKED: provider(
    'PayPal is not allowed by law to make this payment, so please ask PayPal why or choose another way to be paid.',
  ),
  REGULATORY_PENDING: provider(
    'PayPal is reviewing this payment as required by law, and the payment will continue automatically after the review.',
  ),
  RISK_DECLINE: provider(
    'PayPal declined this payment because it considers it a risk, so please ask PayPal why or choose another way to be paid.',
  ),
} as const satisfies Record<string, Advice>;

/** The reasons why a bank did not accept a transfer: Wise's payout failure codes, or Wise's own status if there is no code. An open set. */
const WISE = {
  ACCOUNT_CLOSED: partner(
    'Your bank says that this account is closed, so please give us the details of another account.',
  ),
  ACCOUNT_FROZEN: partner(
    'Your bank has frozen this account, so please contact your bank or give us the details of another account.',
  ),
  ACCOUNT_BLOCKED: partner(
    'Your bank has blocked payments to this account, so please contact your bank or give us the details of another account.',
  ),
  ACCOUNT_LIMIT_REACHED: partner(
    'This account has reached its limit for incoming payments, so please contact your bank or give us the details of another account.',
  ),
  WRONG_ACCOUNT_NUMBER: partner('Your bank does not recognize this account number, so please correct it.'),
  WRONG_CARD_NUMBER: partner('Your bank does not recognize this card number, so please correct it.'),
  WRONG_ACCOUNT_DETAILS: partner(
    'The account details do not match each other, so please compare each of them with your bank statement.',
  ),
  WRONG_ACCOUNT_TYPE: partner(
    'The account is not of the type you gave us (for example, it is savings and not checking), so please correct the type.',
  ),
  WRONG_BANK_CODE: partner('There is no bank with this bank code, so please correct it.'),
  WRONG_BRANCH_CODE: partner('Your bank has no branch with this branch code, so please correct it.'),
  WRONG_NAME: partner(
    'Your bank has a different name for the account holder, so please give us the name exactly as your bank writes it.',
  ),
  WRONG_PHONE_NUMBER: partner('Your bank has a different phone number for you, so please correct it.'),
  WRONG_ID_NUMBER: partner('Your bank has a different identity or tax number for you, so please correct it.'),
  cancelled: us(
    'The transfer was cancelled before it was paid: we are looking into it, and there is nothing you need to do.',
  ),
  funds_refunded: partner(
    'Your bank sent the money back without giving a reason, so please compare the account details with your bank statement.',
  ),
  BLOCKED: us('Wise does not offer this payment in this form: we will fix this, and there is nothing you need to do.'),
} as const satisfies Record<string, Advice>;

/** The reasons why a check was not paid: statuses from the mail, the bank and Lob. */
const CHECK = {
  stopped: us('We stopped this check, so please destroy it if it reaches you, because no bank will pay it.'),
  void: us('We voided this check, so please destroy it if it reaches you, because no bank will pay it.'),
  bounced: us(
    'The bank did not pay this check: we will settle this with the bank, and there is nothing you need to do.',
  ),
  deleted: us(
    'The check was withdrawn before it was mailed: we will issue another one, and there is nothing you need to do.',
  ),
  rejected: partner('The check could not be mailed to this address, so please correct the address.'),
  failed: us('The check could not be printed: we are looking into it, and there is nothing you need to do.'),
  returned_to_sender: partner('The check could not be delivered, so please correct your address.'),
  'row refused': us(
    'The bank did not accept this check: we will settle this with the bank, and there is nothing you need to do.',
  ),
} as const satisfies Record<string, Advice>;

/** Our own reasons, or the decision of two of our people. */
const OURS = {
  resolved_not_paid: us(
    'The provider did not make this payment: we will pay it again, and there is nothing you need to do.',
  ),
  resolved_returned: us('We will contact you if your payout details need to change.'),
} as const satisfies Record<string, Advice>;

const CODES: Record<GatewayName, Readonly<Record<string, Advice>>> = {
  wise: { ...OURS, ...WISE },
  paypal: { ...OURS, ...PAYPAL },
  lob: { ...OURS, ...CHECK },
  'printed-check': { ...OURS, ...CHECK },
};

/** The codes that have their own sentence, by gateway. */
export const ADVISED_CODES = Object.entries(CODES).flatMap(([gateway, codes]) =>
  Object.keys(codes).map((code) => ({ gateway: gateway as GatewayName, code })),
);

const UNCLAIMED: Record<GatewayName, Advice> = {
  paypal: partner(
    'Please log in to PayPal and accept the payment, or open an account with this e-mail address if you have none.',
  ),
  wise: partner('Wise has e-mailed you to ask for your bank details, so please follow the link in that e-mail.'),
  lob: partner('Please cash the check.'),
  'printed-check': partner('Please cash the check.'),
};

/** Our own reasons start with this prefix. They are about a detail that was never sent to a provider, such as `payee has …`. */
const REJECTED_DETAIL = 'recipient_rejected: ';
/** The fields of a payment that no partner gave. */
const OUR_FIELDS = ['amount', 'currency', 'method', 'reference', 'checkNumber', 'payerName', 'payerAddress'];
export const rejectedDetail = (field: string, reason: string): string => `${REJECTED_DETAIL}${field} ${reason}`;

/** The advice for a code that has its own sentence, else null. A code may be followed by the field that it is about. */
export function adviceByCode(gateway: GatewayName, reason: string | null): Advice | null {
  const codes = CODES[gateway];
  const code = reason?.split(' at ')[0] ?? '';
  return Object.hasOwn(codes, code) ? (codes[code] ?? null) : null;
}

/** A code that is about the recipient, whatever it says exactly. */
const NAMES_RECEIVER = /^(RECEIVER|RECIPIENT)_/;

/**
 * Says who must act and how, given a provider's reason code or one of ours. The providers' sets of codes are open. A code without its
 * own sentence is quoted as it is, so that two causes never read alike.
 */
export function adviceOn(gateway: GatewayName, mishap: Mishap, reason: string | null): Advice {
  if (reason?.startsWith(REJECTED_DETAIL)) return adviceOnDetail(reason.slice(REJECTED_DETAIL.length));
  const known = adviceByCode(gateway, reason);
  if (known) return known;
  if (mishap === 'unclaimed') return UNCLAIMED[gateway];
  const named = reason === null ? 'No reason was given' : `The reason given was "${reason}"`;
  return mishap === 'failed' && !NAMES_RECEIVER.test(reason ?? '')
    ? us(`${named}: we are looking into it, and we will write to you if you need to do anything.`)
    : partner(`${named}, so please check the payout details you gave us, and contact us if they are correct.`);
}

/** A detail was refused before the provider could pay: one that the partner gave, or one that is ours. */
const adviceOnDetail = (detail: string): Advice =>
  OUR_FIELDS.some((field) => detail.startsWith(field))
    ? us(`This payment cannot be made as it is (${detail}): we will fix this, and there is nothing you need to do.`)
    : partner(`One of your payout details cannot be used: ${detail}. Please correct it.`);

const CHECKS: ReadonlySet<GatewayName> = new Set(['lob', 'printed-check']);

/**
 * The sentence that tells a partner which details to fix after a payout that failed or came back, or null if the details did not
 * cause it. Paying to the same details again would fail again. A decision of our own people names no cause.
 */
export function faultOfDetails(gateway: GatewayName, status: PayoutStatus, reason: string | null): string | null {
  if (status !== 'failed' && status !== 'returned') return null;
  if (status === 'returned' && CHECKS.has(gateway)) return null; // a check that bounced says nothing about its payee
  const { who, text } = adviceOn(gateway, status, reason);
  return who === 'partner' ? text : null;
}

/** The advice for a payout in its current state. Null if nobody has to act. */
export function adviceFor(payout: {
  readonly gateway: GatewayName;
  readonly status: PayoutStatus;
  readonly statusReason: string | null;
  readonly attemptState: AttemptState | null;
  readonly attemptReason: string | null;
}): Advice | null {
  // When a provider holds the money, only a known reason tells what to do.
  if (payout.attemptState === 'on_hold') return adviceByCode(payout.gateway, payout.attemptReason);
  if (payout.attemptState === 'unclaimed') return adviceOn(payout.gateway, 'unclaimed', payout.attemptReason);
  if (payout.status !== 'failed' && payout.status !== 'returned') return null;
  return adviceOn(payout.gateway, payout.status, payout.statusReason);
}
