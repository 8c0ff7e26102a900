import { canonicalJson } from '../canonical.ts';
import type { CurrencyCode } from '../currency.ts';
import type { PostalAddress } from '../fields.ts';
import type { Method } from '../rails.ts';

/** The destination that a partner chose, field for field as its gateway requires it. */
export type Destination =
  | { method: 'bank'; holder: string; currency: CurrencyCode; country: string; details: BankDetails }
  | { method: 'paypal'; receiver: string }
  | { method: 'check'; payee: string; address: PostalAddress };

/** The fields of the bank's form, such as `IBAN`, or `type`, `abartn` and `accountNumber`. */
export type BankDetails = Readonly<Record<string, string>>;

/** The part of a destination that is kept in clear. Two destinations with the same `identity` are the same account, even under different names. */
export type DestinationSummary = {
  method: Method;
  /** The kind of bank account, such as `iban`. Null for other methods. */
  type: string | null;
  currency: CurrencyCode | null;
  country: string;
  last4: string;
  identity: string;
};

/** Returns the parts of a destination that may be shown. `home` is the partner's country, for a destination that names none. */
export function summarize(destination: Destination, home: string): DestinationSummary {
  const { method } = destination;
  switch (method) {
    case 'bank': {
      const { currency, country, details } = destination;
      const type = details['type'] ?? null;
      return { method, type, currency, country, last4: last4Of(details), identity: canonicalJson(accountOf(details)) };
    }
    case 'paypal':
      return {
        method,
        type: null,
        currency: null,
        country: home,
        last4: '',
        identity: destination.receiver.toLowerCase(),
      };
    case 'check': {
      const { payee, address } = destination;
      const identity = canonicalJson({ payee, ...withoutGaps(address) });
      return { method, type: null, currency: null, country: address.country, last4: '', identity };
    }
  }
}

const last4Of = (details: BankDetails): string =>
  (details['IBAN'] ?? details['accountNumber'] ?? '').replaceAll(/\W/g, '').slice(-4);

/** The account without its owner's address: two people who write the address differently name one account. */
const accountOf = (details: BankDetails): BankDetails =>
  Object.fromEntries(Object.entries(details).filter(([field]) => !field.startsWith('address.')));

const withoutGaps = (address: PostalAddress) =>
  Object.fromEntries(Object.entries(address).filter(([, value]) => value !== undefined));
