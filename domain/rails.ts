/** What the partner picks. */
export const METHODS = ['bank', 'paypal', 'check'] as const;
export type Method = (typeof METHODS)[number];

/** Who carries it. The companies behind them are never named in a column. */
export const GATEWAYS = ['wise', 'paypal', 'lob', 'printed-check'] as const;
export type GatewayName = (typeof GATEWAYS)[number];

/** Which gateways can carry a method; a payer picks one of them per method. */
export const GATEWAYS_FOR: Record<Method, readonly GatewayName[]> = {
  bank: ['wise'],
  paypal: ['paypal'],
  check: ['lob', 'printed-check'],
};
