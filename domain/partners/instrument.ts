/** Whose hands gave payment details: a colleague's, or the partner's own. */
export const GIVERS = ['company', 'partner'] as const;
export type Giver = (typeof GIVERS)[number];

/** Where a new instrument is put in the order of its partner. */
export const PLACES = ['first', 'last'] as const;
export type Place = (typeof PLACES)[number];
