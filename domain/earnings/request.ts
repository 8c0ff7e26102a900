/** Something that a partner asks for: an exception from the plan, which is a price or an incentive of their own, or a fund. */
export const REQUEST_KINDS = ['special_price', 'special_incentive', 'development_funds'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** The statuses of requests and of claims. A granted one became what it asked for. */
export const REQUEST_STATUSES = ['review', 'granted', 'declined', 'expired', 'withdrawn'] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

export const isRequestOver = (status: RequestStatus): boolean => status !== 'review';

/** Whether a request changes the plan of its partner for a while. */
export const isException = (kind: RequestKind): boolean => kind !== 'development_funds';
