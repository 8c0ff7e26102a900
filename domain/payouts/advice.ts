import { labelOf } from '../partners/payment-forms.ts';
import type { AttemptState } from './attempt.ts';
import type { GatewayName } from '../rails.ts';
import { ENGLISH, type Voice } from '../voice.ts';
import { defineReader } from '../message.ts';
import { ADVICE_EN } from '../words/en/advice.ts';
import type { PayoutStatus } from './payout.ts';

/** The parties that may have to act so that the money arrives. */
export const ACTORS = ['partner', 'us', 'provider'] as const;
type Actor = (typeof ACTORS)[number];
export type Advice = {
  readonly who: Actor;
  /** One sentence to the partner that says what is wrong and what to do. */
  readonly text: string;
};

/** A payout needs somebody to act when one of these has happened to it. */
export type Mishap = 'failed' | 'returned' | 'unclaimed';

/** The reasons why PayPal did not pay, or has not paid yet: `errors.name` of a payout item (PayPal Payouts, error messages). An open set. */
const PAYPAL = {
  CLOSED_MARKET: 'partner',
  CURRENCY_COMPLIANCE: 'partner',
  CURRENCY_NOT_SUPPORTED_FOR_RECEIVER: 'partner',
  INVALID_EMAIL: 'partner',
  PENDING_RECIPIENT_NON_HOLDING_CURRENCY_PAYMENT_PREFERENCE: 'partner',
  RECEIVER_ACCOUNT_INVALID: 'partner',
  RECEIVER_ACCOUNT_LIMITATION: 'partner',
  RECEIVER_ACCOUNT_LOCKED: 'partner',
  RECEIVER_COUNTRY_NOT_ALLOWED: 'partner',
  RECEIVER_REFUSED: 'partner',
  RECEIVER_STATE_RESTRICTED: 'partner',
  RECEIVER_UNCONFIRMED: 'partner',
  RECEIVER_UNREGISTERED: 'partner',
  RECEIVER_YOUTH_ACCOUNT: 'partner',
  RECEIVING_LIMIT_EXCEEDED: 'partner',
  SELF_PAY_NOT_ALLOWED: 'partner',
  UNVERIFIED_RECIPIENT_NOT_SUPPORTED: 'partner',
  INSUFFICIENT_FUNDS: 'us',
  NEGATIVE_BALANCE: 'us',
  NON_HOLDING_CURRENCY: 'us',
  SENDER_ACCOUNT_LOCKED: 'us',
  SPENDING_LIMIT_EXCEEDED: 'us',
  TRANSACTION_DECLINED_BY_TRAVEL_RULE: 'us',
  TRANSACTION_LIMIT_EXCEEDED: 'us',
  REGULATORY_BLOCKED: 'provider',
  REGULATORY_PENDING: 'provider',
  RISK_DECLINE: 'provider',
} as const satisfies Record<string, Actor>;

/** The reasons why a bank did not accept a transfer: Wise's payout failure codes, or Wise's own status if there is no code. An open set. */
const WISE = {
  ACCOUNT_CLOSED: 'partner',
  ACCOUNT_FROZEN: 'partner',
  ACCOUNT_BLOCKED: 'partner',
  ACCOUNT_LIMIT_REACHED: 'partner',
  WRONG_ACCOUNT_NUMBER: 'partner',
  WRONG_CARD_NUMBER: 'partner',
  WRONG_ACCOUNT_DETAILS: 'partner',
  WRONG_ACCOUNT_TYPE: 'partner',
  WRONG_BANK_CODE: 'partner',
  WRONG_BRANCH_CODE: 'partner',
  WRONG_NAME: 'partner',
  WRONG_PHONE_NUMBER: 'partner',
  WRONG_ID_NUMBER: 'partner',
  cancelled: 'us',
  funds_refunded: 'partner',
  BLOCKED: 'us',
} as const satisfies Record<string, Actor>;

/** The reasons why a check was not paid: statuses from the mail, the bank and Lob. */
const CHECK = {
  stopped: 'us',
  void: 'us',
  bounced: 'us',
  deleted: 'us',
  rejected: 'partner',
  failed: 'us',
  returned_to_sender: 'partner',
  'row refused': 'us',
} as const satisfies Record<string, Actor>;

/** Our own reasons, or the decision of two of our people. */
const OURS = {
  resolved_not_paid: 'us',
  resolved_returned: 'us',
} as const satisfies Record<string, Actor>;

type Key = keyof typeof ADVICE_EN;
/** The keys of sentences without parameters. */
type Spoken = Exclude<Key, `advice.${'given' | 'detail'}.${string}`>;
type Code = { readonly who: Actor; readonly key: Spoken };

/** Every code has a sentence of its own: `advice.wise.ACCOUNT_CLOSED` is that of Wise's ACCOUNT_CLOSED. */
const codesOf = <Name extends string, Codes extends Readonly<Record<string, Actor>>>(
  name: Name,
  codes: Codes & (`advice.${Name}.${keyof Codes & string}` extends Key ? unknown : never),
): Readonly<Record<string, Code>> =>
  Object.fromEntries(
    Object.entries(codes).map(([code, who]) => [code, { who, key: `advice.${name}.${code}` as Spoken }]),
  );

const CHECK_CODES = { ...codesOf('ours', OURS), ...codesOf('check', CHECK) };
const CODES: Record<GatewayName, Readonly<Record<string, Code>>> = {
  wise: { ...codesOf('ours', OURS), ...codesOf('wise', WISE) },
  paypal: { ...codesOf('ours', OURS), ...codesOf('paypal', PAYPAL) },
  lob: CHECK_CODES,
  'printed-check': CHECK_CODES,
};

/** The codes that have their own sentence, by gateway. */
export const ADVISED_CODES = Object.entries(CODES).flatMap(([gateway, codes]) =>
  Object.keys(codes).map((code) => ({ gateway: gateway as GatewayName, code })),
);

const UNCLAIMED = { paypal: 'paypal', wise: 'wise', lob: 'check', 'printed-check': 'check' } as const;

/** Our own reasons start with this prefix. They are about a detail that was never sent to a provider, such as `payee has …`. */
const REJECTED_DETAIL = 'recipient_rejected: ';
/** The fields of a payment that no partner gave. */
const OUR_FIELDS = ['amount', 'currency', 'method', 'reference', 'checkNumber', 'payerName', 'payerAddress'];
export const rejectedDetail = (field: string, reason: string): string => `${REJECTED_DETAIL}${field} ${reason}`;

/** The advice for a code that has its own sentence, else null. A code may be followed by the field that it is about. */
export function adviceByCode(gateway: GatewayName, reason: string | null, voice = ENGLISH): Advice | null {
  const codes = CODES[gateway];
  const code = reason?.split(' at ')[0] ?? '';
  const known = Object.hasOwn(codes, code) ? codes[code] : undefined;
  return known ? { who: known.who, text: voice.say(known.key) } : null;
}

/** A code that is about the recipient, whatever it says exactly. */
const NAMES_RECEIVER = /^(RECEIVER|RECIPIENT)_/;

/**
 * Says who must act and how, given a provider's reason code or one of ours. The providers' sets of codes are open. A code without its
 * own sentence is quoted as it is, so that two causes never read alike.
 */
export function adviceOn(gateway: GatewayName, mishap: Mishap, reason: string | null, voice = ENGLISH): Advice {
  if (reason?.startsWith(REJECTED_DETAIL)) return adviceOnDetail(reason.slice(REJECTED_DETAIL.length), voice);
  const known = adviceByCode(gateway, reason, voice);
  if (known) return known;
  if (mishap === 'unclaimed') return { who: 'partner', text: voice.say(`advice.unclaimed.${UNCLAIMED[gateway]}`) };
  const who = mishap === 'failed' && !NAMES_RECEIVER.test(reason ?? '') ? 'us' : 'partner';
  const text = reason === null ? voice.say(`advice.none.${who}`) : voice.say(`advice.given.${who}`, { reason });
  return { who, text };
}

const readAdvice = defineReader(ADVICE_EN);

/** Says an advice again that was stored in English. */
export function adviceAgain(stored: string, voice: Voice): string {
  const found = readAdvice(stored);
  return found ? voice.say(found.key, found.parameters as never) : stored;
}

/** A detail was refused before the provider could pay: one that the partner gave, or one that is ours. */
function adviceOnDetail(detail: string, voice: Voice): Advice {
  if (OUR_FIELDS.some((field) => detail.startsWith(field)))
    return { who: 'us', text: voice.say('advice.detail.us', { detail }) };
  const [name = '', ...reason] = detail.split(' ');
  return { who: 'partner', text: voice.say('advice.detail.partner', { detail: [labelOf(name), ...reason].join(' ') }) };
}

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
export function adviceFor(
  payout: {
    readonly gateway: GatewayName;
    readonly status: PayoutStatus;
    readonly statusReason: string | null;
    readonly attemptState: AttemptState | null;
    readonly attemptReason: string | null;
  },
  voice = ENGLISH,
): Advice | null {
  // When a provider holds the money, only a known reason tells what to do.
  if (payout.attemptState === 'on_hold') return adviceByCode(payout.gateway, payout.attemptReason, voice);
  if (payout.attemptState === 'unclaimed') return adviceOn(payout.gateway, 'unclaimed', payout.attemptReason, voice);
  if (payout.status !== 'failed' && payout.status !== 'returned') return null;
  return adviceOn(payout.gateway, payout.status, payout.statusReason, voice);
}
