/** How another address for notices ended: `expired` if nobody opened its link in time, and null while it waits. */
export const CONTACT_OUTCOMES = ['confirmed', 'cancelled', 'stopped', 'replaced', 'expired'] as const;
export type ContactOutcome = (typeof CONTACT_OUTCOMES)[number];

/** How long the holder of a new address may confirm it. */
export const CONTACT_HOURS = 24;
/** How many addresses the people of a partner may ask for within a day, because each is sent a mail. */
export const CONTACT_CHANGES_A_DAY_MAX = 5;
