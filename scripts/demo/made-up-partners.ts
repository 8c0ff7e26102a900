import { composeIBAN } from 'ibantools';

import type { Method } from '../../domain/rails.ts';
import type { Body } from '../client.ts';

type PartnerBody = Body<'post', '/v1/partners'>;
type BankDetails = Extract<PartnerBody['instrument'], { method: 'bank' }>['details'];

export type DemoCurrency = 'USD' | 'EUR' | 'GBP';

/** The programs, each with its plan. The first two share a pay schedule, and therefore a payout. */
export const PROGRAMS = ['affiliates', 'resellers', 'referrals'] as const;
export type ProgramCode = (typeof PROGRAMS)[number];

/** The fate of a partner, so that the demo shows everything once. The other partners are simply paid. */
export type Fate =
  | 'in both programs'
  | 'transfer bounces'
  | 'answer is lost'
  | 'unclaimed'
  | 'below the minimum'
  | 'no instrument'
  | 'on hold';

export type MadeUpPartner = {
  code: string;
  currency: DemoCurrency;
  method: Method;
  programs: readonly ProgramCode[];
  fate: Fate | undefined;
};

/** The index of the partner with each fate, and the properties that the fate requires. */
const FATES: Record<number, { fate: Fate; currency: DemoCurrency; method: Method; programs: readonly ProgramCode[] }> =
  {
    0: { fate: 'in both programs', currency: 'USD', method: 'bank', programs: ['affiliates', 'resellers'] },
    1: { fate: 'transfer bounces', currency: 'EUR', method: 'bank', programs: ['affiliates'] },
    2: { fate: 'unclaimed', currency: 'GBP', method: 'paypal', programs: ['affiliates'] },
    3: { fate: 'no instrument', currency: 'USD', method: 'check', programs: ['affiliates'] },
    4: { fate: 'on hold', currency: 'USD', method: 'paypal', programs: ['resellers'] },
    5: { fate: 'answer is lost', currency: 'USD', method: 'bank', programs: ['affiliates'] },
  };

const SMALL_EVERY = 12;
const CURRENCIES: readonly DemoCurrency[] = ['USD', 'EUR', 'USD', 'GBP', 'USD'];
/** Checks are paid in dollars only. */
const METHODS_IN: Record<DemoCurrency, readonly Method[]> = {
  USD: ['bank', 'check', 'paypal'],
  EUR: ['bank', 'paypal'],
  GBP: ['paypal', 'bank'],
};
const REFERRERS_EVERY = 4;

/** Invents partners in three currencies and all methods, in an order that never changes. */
export const makeUpPartners = (count: number): MadeUpPartner[] =>
  Array.from({ length: count }, (_, index) => makeUp(index));

function makeUp(index: number): MadeUpPartner {
  const code = `partner-${String(index + 1).padStart(4, '0')}`;
  const known = FATES[index];
  if (known) return { code, ...known };
  const isReferrer = index % REFERRERS_EVERY === 0;
  const currency = isReferrer ? 'USD' : (CURRENCIES[index % CURRENCIES.length] ?? 'USD');
  const methods = METHODS_IN[currency];
  return {
    code,
    currency,
    method: methods[Math.floor(index / CURRENCIES.length) % methods.length] ?? 'bank',
    programs: [isReferrer ? 'referrals' : index % 2 === 0 ? 'resellers' : 'affiliates'],
    fate: index % SMALL_EVERY === SMALL_EVERY - 1 ? 'below the minimum' : undefined,
  };
}

const COUNTRY: Record<DemoCurrency, string> = { USD: 'US', EUR: 'DE', GBP: 'GB' };

/** A partner in the form that the API accepts, with its agreements and its instrument. */
export const partnerBody = (partner: MadeUpPartner): PartnerBody => ({
  code: partner.code,
  name: nameOf(partner),
  kind: partner.programs.includes('resellers') ? 'reseller' : 'affiliate',
  email: `${partner.code}@example.com`,
  country: COUNTRY[partner.currency],
  agreements: partner.programs.map((program) => ({ program, plan: planFor(partner.currency), startsOn: '2020-01-01' })),
  ...(partner.fate === 'no instrument' ? {} : { instrument: instrumentOf(partner) }),
});

export const planFor = (currency: DemoCurrency): string => `in-${currency.toLowerCase()}`;

/** The sandbox bounces a transfer to a name that contains Bounce. */
const nameOf = ({ code, fate }: MadeUpPartner): string =>
  fate === 'transfer bounces' ? `Bounce ${code}` : `Partner ${code}`;

export function instrumentOf(partner: MadeUpPartner): NonNullable<PartnerBody['instrument']> {
  const { code, method, currency, fate } = partner;
  if (method === 'paypal')
    return { method, receiver: `${fate === 'unclaimed' ? 'unclaimed-' : ''}${code}@example.com` };
  if (method === 'check') return { method, payee: nameOf(partner), address: ADDRESS };
  return {
    method,
    holder: nameOf(partner),
    currency,
    country: COUNTRY[currency],
    details: ACCOUNT_IN[currency](numberOf(code)),
  };
}

const ADDRESS = { line1: '1 Main Street', city: 'Springfield', region: 'IL', postalCode: '62701', country: 'US' };

const ACCOUNT_DIGITS = 8;
const numberOf = (code: string): string => code.replaceAll(/\D/g, '').padStart(ACCOUNT_DIGITS, '1');

const ACCOUNT_IN: Record<DemoCurrency, (account: string) => BankDetails> = {
  USD: (accountNumber) => ({
    type: 'aba',
    legalType: 'BUSINESS',
    abartn: '021000021',
    accountNumber,
    accountType: 'CHECKING',
    'address.country': 'US',
    'address.state': 'NV',
    'address.city': 'Reno',
    'address.postCode': '89501',
    'address.firstLine': '1 Main Street',
  }),
  EUR: (account) => ({
    type: 'iban',
    legalType: 'BUSINESS',
    IBAN: composeIBAN({ countryCode: 'DE', bban: `1001001000${account}` }) ?? '',
  }),
  GBP: (accountNumber) => ({ type: 'sort_code', legalType: 'BUSINESS', sortCode: '231470', accountNumber }),
};
