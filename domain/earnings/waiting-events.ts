import { ENGLISH } from '../voice.ts';

/** Events that wait in the queue, because something is not known yet by which they are worked out. */

export const WAITS_ON = ['sale', 'rate', 'ladder', 'eligibility'] as const;
export type WaitsOn = (typeof WAITS_ON)[number];

/** Why events wait, for their partner to read. */
export const whyEventsWait = (waitsOn: WaitsOn, voice = ENGLISH): string => voice.say(`event.${waitsOn}`);
