import type { CurrencyCode } from './currency.ts';

/** The methods of payment that a partner can choose. */
export const METHODS = ['bank', 'paypal', 'check'] as const;
export type Method = (typeof METHODS)[number];

/** How a method is written in a sentence, such as "by bank transfer". */
export const METHOD_NAMES: Record<Method, string> = { bank: 'bank transfer', paypal: 'PayPal', check: 'check' };

/** The gateways that carry out payments. No column is named after the company behind one of them. */
export const GATEWAYS = ['wise', 'paypal', 'lob', 'printed-check'] as const;
export type GatewayName = (typeof GATEWAYS)[number];

/** Which gateways can carry out a method. A payer chooses one of them for each method. */
export const GATEWAYS_FOR: Record<Method, readonly GatewayName[]> = {
  bank: ['wise'],
  paypal: ['paypal'],
  check: ['lob', 'printed-check'],
};

/**
 * The smallest amount that a gateway can pay, in minor units, where that is more than one: PayPal takes no decimals in these currencies.
 * A payout is a multiple of it, and the rest stays owed. The database gets this table with each migration.
 */
export const RAIL_UNITS: Partial<Record<GatewayName, Partial<Record<CurrencyCode, bigint>>>> = {
  paypal: { HUF: 100n, TWD: 100n },
};

export const railUnit = (gateway: GatewayName, currency: CurrencyCode): bigint => RAIL_UNITS[gateway]?.[currency] ?? 1n;
