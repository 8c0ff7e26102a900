/** Events that wait in the queue, because something is not known yet by which they are worked out. */

export const WAITS_ON = ['sale', 'rate', 'ladder', 'eligibility'] as const;
export type WaitsOn = (typeof WAITS_ON)[number];

/** Why events wait, for their partner to read. */
export const WAITING_WORDS: Record<WaitsOn, string> = {
  sale: 'They take back sales that we do not know yet.',
  rate: 'We do not know the exchange rate of their day yet.',
  ladder: 'Your rung on their day is not decided yet.',
  eligibility: 'You were not eligible on their day. We decide about them, unless what is missing is recorded.',
};
