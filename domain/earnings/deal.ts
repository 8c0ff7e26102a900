/** A deal: a customer to whom a partner wants to sell, protected for that partner until a day. */
export const DEAL_STATUSES = ['review', 'protected', 'declined', 'expired', 'withdrawn', 'won', 'lost'] as const;
export type DealStatus = (typeof DEAL_STATUSES)[number];

/** The statuses that may follow each one. `guard-deal.sql` has a second copy. */
export const DEAL_NEXT: Readonly<Record<DealStatus, readonly DealStatus[]>> = {
  review: ['protected', 'declined', 'expired', 'withdrawn'],
  protected: ['expired', 'withdrawn', 'won', 'lost'],
  declined: [],
  expired: [],
  withdrawn: [],
  won: [],
  lost: [],
};

export const isDealOver = (status: DealStatus): boolean => DEAL_NEXT[status].length === 0;

/** The attribute of an event that names a deal. */
export const DEAL_ATTRIBUTE = 'deal';

export type Customer = {
  readonly customer: string;
  readonly domain: string | null;
  readonly registrationNumber: string | null;
  readonly country: string;
};

const DOMAIN = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)\.?(?:[:/?#].*)?$/;

/** The domain of a website as it is compared: `https://www.Kim.example/shop` is `kim.example`. Undefined for anything else. */
export const normalDomain = (text: string): string | undefined => DOMAIN.exec(text.trim().toLowerCase())?.[1];

/** A registration number as it is compared: capital letters and digits alone. Empty where it has none. */
export const normalNumber = (text: string): string =>
  text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');

/** The identifiers by which two deals have the same customer. One that is equal is enough. */
export function identifiersOf({ domain, registrationNumber, country }: Customer): string[] {
  const name = domain === null ? undefined : normalDomain(domain);
  const number = registrationNumber === null ? '' : normalNumber(registrationNumber);
  return [...(name ? [`domain:${name}`] : []), ...(number ? [`number:${country}:${number}`] : [])];
}

/** Product lines as they are compared. */
export const normalLine = (text: string): string => text.trim().toLowerCase().replaceAll(/\s+/gu, ' ');
