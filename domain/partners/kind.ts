/** How a partner works with the company. A program may be open to some kinds only. */
export const PARTNER_KINDS = [
  'reseller',
  'distributor',
  'affiliate',
  'agent',
  'dealer',
  'installer',
  'supplier',
  'marketplace_seller',
] as const;
export type PartnerKind = (typeof PARTNER_KINDS)[number];
