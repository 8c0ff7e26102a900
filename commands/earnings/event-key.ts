import type { EventKey } from '../../db/earnings/events.ts';
import type { Event } from '../../domain/event.ts';

/** The key of an event as one text, for maps and sets. A source has no space in it. */
export const keyOf = ({ source, id }: EventKey): string => `${source} ${id}`;

/** The key of the event that a refund or a payment is about. */
export const saleKeyOf = ({ source, about }: Pick<Event, 'source' | 'about'>): string =>
  keyOf({ source, id: about ?? '' });
