import type { AccrualEvent, DueEvent } from '../../db/earnings/accrual.ts';
import type { Rating } from '../../domain/earnings/rating.ts';
import type { Circumstances } from '../../domain/earnings/conversion.ts';
import type { Revision } from '../../domain/earnings/lateness.ts';
import { remainingOf } from '../../domain/earnings/refund.ts';
import { partOf } from '../../domain/earnings/share.ts';
import { ownStart } from '../../domain/earnings/target.ts';
import type { RemainingEvent } from '../../domain/event.ts';

/** The partner whose earnings are worked out, and the partner below by whose part, if it is not the partner's own. */
export type Channel = Pick<DueEvent, 'partnerId' | 'childId'>;

/** The partner whose part it is. */
export const doerOf = ({ partnerId, childId }: Channel): bigint => childId ?? partnerId;

/** An event, and how far above its partner the one is for whom it is worked out. */
export type Leveled = AccrualEvent & Pick<DueEvent, 'level'>;

export const partFor = (
  { partnerId, childId }: Channel,
  event: RemainingEvent,
  content: AccrualEvent,
): RemainingEvent | null => partOf(event, content, doerOf({ partnerId, childId }));

export const levelFor = ({ childId, level = null }: Pick<DueEvent, 'childId' | 'level'>): number | null =>
  childId === null ? 0 : level;

export const nameOf = ({ source, id }: AccrualEvent): string => `${source}/${id}`;

/** An event as one partner's, and the ids of all its revisions. */
export type PartOf = {
  readonly event: AccrualEvent;
  readonly partnerId: bigint;
  readonly ids: readonly bigint[];
  /** Whether it was worked out before for the same day. Then it keeps that nobody asked whether it earns. */
  readonly wasWorkedOut: boolean;
};

/** A part of an event, and how far above it the partner is who earns by it. Without a level, nobody does. */
export type PartAt = PartOf & { readonly level: number | null };

/** A partner's part of an event, with the terms by which it is rated. */
export type Rated = { readonly rating: Rating; readonly rest: RemainingEvent; readonly part: PartAt };

/** The revisions of an event, and where each counts for a partner, judged by what holds for the last one. */
export const revisionsFor = (
  channel: Channel,
  revisions: readonly Leveled[],
  circumstances: Circumstances,
): Revision[] =>
  revisions.map((content) => ({
    eventId: content.eventId,
    startBy(terms) {
      const rest = partFor(channel, remainingOf(content, []), content);
      const isPaid = levelFor({ ...content, childId: channel.childId }) === circumstances.level;
      return rest && isPaid ? ownStart(rest, terms, circumstances) : undefined;
    },
  }));
