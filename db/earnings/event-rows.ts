import { shardOf } from '../../domain/earnings/shard.ts';
import type { Event } from '../../domain/event.ts';
import type { Cell } from '../copy.ts';

/** The rows of new events. */

export type NewEvent = {
  event: Event;
  hash: Uint8Array;
  partnerId: bigint;
  programId: number;
  /** The id of the person who sent it. */
  sentBy: string;
  /** The shares of its partners, the first of whom is its own. */
  shares?: readonly { partnerId: bigint; weight: bigint }[];
  /** The partners besides its own for whom it is worked out, because they earned by an earlier revision or by the refunded sale. */
  alsoFor?: readonly bigint[];
};

type Added = NewEvent & { readonly eventId: bigint };

/** Amounts are strings in JSON, because they may be too large for numbers. */
const jsonOf = (value: object): string =>
  JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? String(member) : member));

/** The partners besides its own for whom an event is worked out. */
const othersOf = ({
  partnerId,
  shares = [],
  alsoFor = [],
}: Pick<NewEvent, 'partnerId' | 'shares' | 'alsoFor'>): bigint[] =>
  [...new Set([...shares.map((share) => share.partnerId), ...alsoFor])].filter((id) => id !== partnerId);

export const EVENT_COLUMNS =
  'id source source_id revision partner_id program_id kind currency amount_minor exact_amount other_amounts quantity attributes reading about occurred_at payload_hash sent_by worked_out_for share_count'.split(
    ' ',
  );

export const eventCells = ({ eventId, event, hash, partnerId, programId, sentBy, ...more }: Added): Cell[] => [
  eventId,
  event.source,
  event.id,
  event.revision,
  partnerId,
  programId,
  event.kind,
  event.currency,
  event.minor,
  event.exact ?? null,
  jsonOf(event.otherAmounts),
  event.quantity,
  jsonOf(event.attributes),
  event.reading && jsonOf(event.reading),
  event.about,
  new Date(event.occurredAtMs).toISOString(),
  `\\x${Buffer.from(hash).toString('hex')}`,
  sentBy,
  1 + othersOf({ partnerId, ...more }).length,
  more.shares?.length ?? 0,
];

export const DUE_COLUMNS = ['event_id', 'partner_id', 'program_id', 'shard', 'source'];

/** The places of an event in the queue: one for each partner for whom it is worked out. */
export const dueCells = ({ eventId, event, programId, ...partners }: Added): Cell[][] =>
  [partners.partnerId, ...othersOf(partners)].map((id) => [eventId, id, programId, shardOf(id), event.source]);

export const SHARE_COLUMNS = ['event_id', 'no', 'partner_id', 'weight'];

export const shareCells = ({ eventId, shares = [] }: Added): Cell[][] =>
  shares.map(({ partnerId, weight }, index) => [eventId, index + 1, partnerId, weight]);
