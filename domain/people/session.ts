import { HOUR_MS, MINUTE_MS } from '../durations.ts';

/** A session ends after this time without a request. */
export const SESSION_IDLE_MS = HOUR_MS;
/** A session ends after this time in any case, and the person signs in again. */
export const SESSION_MS_MAX = 12 * HOUR_MS;
/** How long a browser may take to answer a challenge. */
export const CHALLENGE_MS = 5 * MINUTE_MS;
