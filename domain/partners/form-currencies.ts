import type { CurrencyCode } from '../currency.ts';

/** The currencies for which Wise asks for an IBAN. Bulgaria's BGN ended with 2025. */
export const IBAN_CURRENCIES: readonly CurrencyCode[] = [
  'EUR',
  'GBP',
  'CHF',
  'CZK',
  'DKK',
  'GEL',
  'HUF',
  'NOK',
  'PKR',
  'PLN',
  'RON',
  'SEK',
];

/** The currencies for which Wise requires the address of the account's owner (docs.wise.com, create a recipient account). */
export const ADDRESS_CURRENCIES: readonly CurrencyCode[] = ['USD', 'PHP', 'THB', 'TRY', 'AUD'];
