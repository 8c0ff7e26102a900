import type { AttemptState } from './attempt.ts';
import type { GatewayName } from '../rails.ts';
import type { PayoutStatus } from './payout.ts';

/** Who has to act so that the money arrives. */
export const ACTORS = ['partner', 'us', 'provider'] as const;
export type Advice = {
  readonly who: (typeof ACTORS)[number];
  /** One sentence to the partner: what is wrong, and what to do. */
  readonly text: string;
};

/** What happened to a payout that somebody has to act on. */
export type Mishap = 'failed' | 'returned' | 'unclaimed';

const partner = (text: string): Advice => ({ who: 'partner', text });
const us = (text: string): Advice => ({ who: 'us', text });
const provider = (text: string): Advice => ({ who: 'provider', text });

/** Why PayPal did not pay, or does not yet: `errors.name` of a payout item (PayPal Payouts, error messages). An open set. */
const PAYPAL = {
  CLOSED_MARKET: partner('Your PayPal account cannot receive payments from abroad: give us bank details.'),
  CURRENCY_COMPLIANCE: partner('Your PayPal account may not hold this currency: give us bank details.'),
  CURRENCY_NOT_SUPPORTED_FOR_RECEIVER: partner(
    'Your PayPal account does not take this currency: add it at PayPal, or give us bank details.',
  ),
  INVALID_EMAIL: partner('This e-mail address does not exist: correct it.'),
  PENDING_RECIPIENT_NON_HOLDING_CURRENCY_PAYMENT_PREFERENCE: partner(
    'Your PayPal account asks before it takes this currency: log in and accept the payment.',
  ),
  RECEIVER_ACCOUNT_INVALID: partner(
    'PayPal has no account that could receive this: check the e-mail address you gave us.',
  ),
  RECEIVER_ACCOUNT_LIMITATION: partner('Your PayPal account is limited: log in at PayPal and resolve the limitation.'),
  RECEIVER_ACCOUNT_LOCKED: partner(
    'Your PayPal account is locked: have PayPal unlock it, or give us another way to pay you.',
  ),
  RECEIVER_COUNTRY_NOT_ALLOWED: partner('PayPal makes no payouts to your country: give us bank details.'),
  RECEIVER_REFUSED: partner(
    'Your PayPal account refuses payments in this currency: change that setting, or give us bank details.',
  ),
  RECEIVER_STATE_RESTRICTED: partner('PayPal makes no payouts to your state: give us bank details.'),
  RECEIVER_UNCONFIRMED: partner('This e-mail address is not confirmed at PayPal: confirm it there.'),
  RECEIVER_UNREGISTERED: partner(
    'This e-mail address has no PayPal account: open one with it, or give us the address of yours.',
  ),
  RECEIVER_YOUTH_ACCOUNT: partner(
    'PayPal makes no payouts to a youth account: give us the address of another account.',
  ),
  RECEIVING_LIMIT_EXCEEDED: partner(
    'The amount is above what your PayPal account may receive now: have PayPal raise the limit, or give us bank details.',
  ),
  SELF_PAY_NOT_ALLOWED: partner('This is our own PayPal account: give us the address of yours.'),
  UNVERIFIED_RECIPIENT_NOT_SUPPORTED: partner('Your PayPal account is not verified: verify it at PayPal.'),
  INSUFFICIENT_FUNDS: us('Our balance at PayPal was too low: we top it up, and you need not do anything.'),
  NEGATIVE_BALANCE: us('Our balance at PayPal was below zero: we top it up, and you need not do anything.'),
  NON_HOLDING_CURRENCY: us(
    'We hold no balance at PayPal in this currency: we see to it, and you need not do anything.',
  ),
  SENDER_ACCOUNT_LOCKED: us('Our own PayPal account is locked: we see to it, and you need not do anything.'),
  SPENDING_LIMIT_EXCEEDED: us('We reached our own limit at PayPal: we have it raised, and you need not do anything.'),
  TRANSACTION_DECLINED_BY_TRAVEL_RULE: us(
    'PayPal wants to know more about us before it pays: we tell it, and you need not do anything.',
  ),
  TRANSACTION_LIMIT_EXCEEDED: us(
    'The amount is above what PayPal lets us send at once: we see to it, and you need not do anything.',
  ),
  REGULATORY_BLOCKED: provider(
    'PayPal may not make this payment by law: ask PayPal why, or give us another way to pay you.',
  ),
  REGULATORY_PENDING: provider(
    'PayPal reviews this payment as the law demands: it goes on by itself when that is done.',
  ),
  RISK_DECLINE: provider('PayPal declined this payment as a risk: ask PayPal why, or give us another way to pay you.'),
} as const satisfies Record<string, Advice>;

/** Why a bank did not take a transfer: Wise's payout failure codes, and its own words where there is no code. An open set. */
const WISE = {
  ACCOUNT_CLOSED: partner('Your bank says that this account is closed: give us the details of another one.'),
  ACCOUNT_FROZEN: partner('Your bank has frozen this account: ask your bank, or give us the details of another one.'),
  ACCOUNT_BLOCKED: partner(
    'Your bank has blocked this account for payments: ask your bank, or give us the details of another one.',
  ),
  ACCOUNT_LIMIT_REACHED: partner(
    'This account has reached its limit for incoming payments: ask your bank, or give us another one.',
  ),
  WRONG_ACCOUNT_NUMBER: partner('Your bank does not know this account number: correct it.'),
  WRONG_CARD_NUMBER: partner('Your bank does not know this card number: correct it.'),
  WRONG_ACCOUNT_DETAILS: partner(
    'The account details do not belong together: compare each of them with your bank statement.',
  ),
  WRONG_ACCOUNT_TYPE: partner(
    'The account is of another type than you gave, as savings instead of checking: correct the type.',
  ),
  WRONG_BANK_CODE: partner('There is no bank with this bank code: correct it.'),
  WRONG_BRANCH_CODE: partner('Your bank has no branch with this code: correct it.'),
  WRONG_NAME: partner(
    'The holder’s name is not the one that your bank knows: give us the name exactly as your bank writes it.',
  ),
  WRONG_PHONE_NUMBER: partner('The phone number is not the one that your bank knows: correct it.'),
  WRONG_ID_NUMBER: partner('The identity or tax number is not the one that your bank knows: correct it.'),
  cancelled: us('The transfer was cancelled before it was paid: we look into it, and you need not do anything.'),
  funds_refunded: partner(
    'Your bank sent it back without a reason: compare the account details with your bank statement.',
  ),
  BLOCKED: us('Wise does not offer this payment as it is: we see to it, and you need not do anything.'),
} as const satisfies Record<string, Advice>;

/** Why a check was not paid: the post's, the bank's and Lob's words. */
const CHECK = {
  stopped: us('We stopped this check: destroy it if it reaches you, since no bank pays it any more.'),
  void: us('We voided this check: destroy it if it reaches you, since no bank pays it any more.'),
  bounced: us('The bank did not pay this check: we put that right with it, and you need not do anything.'),
  deleted: us('The check was withdrawn before it was mailed: we issue another one, and you need not do anything.'),
  rejected: partner('The check could not be mailed to this address: correct the address.'),
  failed: us('The check could not be printed: we look into it, and you need not do anything.'),
  returned_to_sender: partner('The post could not deliver the check: correct your address.'),
  'row refused': us('The bank did not accept this check: we put that right with it, and you need not do anything.'),
} as const satisfies Record<string, Advice>;

/** What we, or two people of ours, said ourselves. */
const OURS = {
  resolved_not_paid: us('The provider did not carry it out: we pay it again, and you need not do anything.'),
  resolved_returned: us('It came back to us: we ask you if your payout details have to change.'),
} as const satisfies Record<string, Advice>;

const CODES: Record<GatewayName, Readonly<Record<string, Advice>>> = {
  wise: { ...OURS, ...WISE },
  paypal: { ...OURS, ...PAYPAL },
  lob: { ...OURS, ...CHECK },
  'printed-check': { ...OURS, ...CHECK },
};

/** The codes that have a sentence of their own, by gateway. */
export const ADVISED_CODES = Object.entries(CODES).flatMap(([gateway, codes]) =>
  Object.keys(codes).map((code) => ({ gateway: gateway as GatewayName, code })),
);

const UNCLAIMED: Record<GatewayName, Advice> = {
  paypal: partner(
    'Log in at PayPal and accept the payment; without an account there, open one with this e-mail address.',
  ),
  wise: partner('Wise asks you by e-mail for your bank details: follow its link.'),
  lob: partner('Cash the check.'),
  'printed-check': partner('Cash the check.'),
};

/** Reasons of ours begin with this: a detail that no provider was asked with, as `payee has …`. */
const REJECTED_DETAIL = 'recipient_rejected: ';
export const rejectedDetail = (field: string, reason: string): string => `${REJECTED_DETAIL}${field} ${reason}`;

/** The sentence of a code that has one of its own, else null. A code may name the field that it is about after it. */
export function adviceByCode(gateway: GatewayName, reason: string | null): Advice | null {
  const codes = CODES[gateway];
  const code = reason?.split(' at ')[0] ?? '';
  return Object.hasOwn(codes, code) ? (codes[code] ?? null) : null;
}

/**
 * Who must act, and how, given a provider's reason code or ours. Providers' sets are open: a code without a sentence of its own is
 * named as it is, so that two causes never read alike.
 */
export function adviceOn(gateway: GatewayName, mishap: Mishap, reason: string | null): Advice {
  if (reason?.startsWith(REJECTED_DETAIL))
    return partner(`One of your payout details cannot be used: ${reason.slice(REJECTED_DETAIL.length)}. Correct it.`);
  const known = adviceByCode(gateway, reason);
  if (known) return known;
  if (mishap === 'unclaimed') return UNCLAIMED[gateway];
  const named = reason === null ? 'without a reason' : `with the reason "${reason}"`;
  return mishap === 'failed'
    ? us(`The payment was refused ${named}: we look into it and write to you if you have to do something.`)
    : partner(`It came back ${named}: check the payout details that you gave us, and ask us if they are right.`);
}

/** The advice on a payout as it is now; null where nobody has to act. */
export function adviceFor(payout: {
  readonly gateway: GatewayName;
  readonly status: PayoutStatus;
  readonly statusReason: string | null;
  readonly attemptState: AttemptState | null;
  readonly attemptReason: string | null;
}): Advice | null {
  // Of money that its provider holds only a reason that is known tells what to do.
  if (payout.attemptState === 'on_hold') return adviceByCode(payout.gateway, payout.attemptReason);
  if (payout.attemptState === 'unclaimed') return adviceOn(payout.gateway, 'unclaimed', payout.attemptReason);
  if (payout.status !== 'failed' && payout.status !== 'returned') return null;
  return adviceOn(payout.gateway, payout.status, payout.statusReason);
}
