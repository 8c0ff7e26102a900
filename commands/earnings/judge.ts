import type { Database } from '../../db/database.ts';
import { type KnownEvent, listKnownEvents } from '../../db/earnings/known-events.ts';
import { type EventPlace, listEventPlaces } from '../../db/earnings/places.ts';
import { localDate } from '../../domain/calendar.ts';
import { MINUTE_MS } from '../../domain/durations.ts';
import { whyNotAbout } from '../../domain/earnings/refund.ts';
import {
  aboutField,
  COLLECTED,
  type Event,
  eventHash,
  isCollection,
  REFUND,
  toEvent,
  type WireEvent,
} from '../../domain/event.ts';
import { whyNotAmount } from '../../domain/fields.ts';
import { termOn } from '../../domain/partners/agreement.ts';
import { keyOf, saleKeyOf } from './event-key.ts';
import { forSurvivors } from './survivors.ts';

/** Clocks differ, so an event may claim to be from this far in the future. */
const AHEAD_MS_MAX = 5 * MINUTE_MS;

export type Accepted = 'accepted' | 'replayed' | 'superseded' | 'quarantined' | 'parked';
/** The rule is the reason without the names in it. It is left out where they are the same. */
export type Refusal = { field: string; reason: string; rule?: string };

/**
 * The outcome of one event: taken in, known already, without effect because a higher revision is known, kept aside because its key came
 * with other content, parked until its partner is added, or refused.
 */
export type IntakeOutcome =
  /** A new revision of a known event is a correction. */
  | { status: 'accepted'; isCorrection: boolean }
  | { status: Exclude<Accepted, 'accepted' | 'parked'> }
  /** The partner for whom it waits. */
  | { status: 'parked'; partner: string }
  | { status: 'refused'; refusals: readonly Refusal[] };

export type Candidate = { wire: WireEvent; event: Event; hash: Buffer; unit: number };
export type Judged = Candidate & {
  place: EventPlace | undefined;
  /** The places of its shares, in their order. */
  sharePlaces: readonly (EventPlace | undefined)[];
  /** For a refund whose sale was taken in before. */
  knowsSale: boolean;
  /** The partners besides its own for whom it is worked out. */
  alsoFor: readonly bigint[];
  outcome: IntakeOutcome;
};

export function withHash(wire: WireEvent, unit: number): Candidate {
  const event = toEvent(wire);
  return { wire, event, hash: eventHash(event), unit };
}

const placeKey = ({ partner, program }: { partner: string; program: string }): string => `${partner} ${program}`;

/** Decides the outcome of each event. If two events of a page have the same key and revision, the first counts. */
export async function judge(
  db: Database,
  sent: readonly Candidate[],
  nowMs: number,
  foreseen: Foreseen = new Map(),
): Promise<Judged[]> {
  const asked = sent.flatMap(({ event }) =>
    event.about === null ? [event] : [event, { source: event.source, id: event.about }],
  );
  const known: Foreseen = new Map(
    foreseen.size > 0 ? asked.map((key) => [keyOf(key), foreseen.get(keyOf(key)) ?? []]) : [],
  );
  for (const event of await listKnownEvents(db, asked)) note(known, event);
  const candidates = await forSurvivors(db, sent, known);
  const places = byKey(
    await listEventPlaces(
      db,
      candidates.flatMap(({ event: { partner, program, shares } }) => [
        { partner, program },
        ...shares.map((share) => ({ partner: share.partner, program })),
      ]),
    ),
    placeKey,
  );
  const stored = new Set([...known].filter(([, seen]) => seen.length > 0).map(([key]) => key));
  const paged: Foreseen = new Map();
  const placesOf = ({ partner, program, shares }: Event) => ({
    place: places.get(placeKey({ partner, program })),
    sharePlaces: shares.map((share) => places.get(placeKey({ partner: share.partner, program }))),
  });
  for (const candidate of candidates) note(paged, seenOf({ ...candidate, ...placesOf(candidate.event) }));
  return candidates.map((sentAs) => {
    const before = known.get(keyOf(sentAs.event)) ?? [];
    const { place, sharePlaces } = placesOf(sentAs.event);
    const candidate = place?.changedEvents === 'correct' ? nextRevision(sentAs, before) : sentAs;
    const { event } = candidate;
    const saleKey = saleKeyOf(event);
    const sales = event.about === null ? [] : (known.get(saleKey) ?? paged.get(saleKey) ?? []);
    const alsoFor = [...before, ...sales]
      .flatMap(({ partnerId, sharePartnerIds }) => [partnerId, ...sharePartnerIds])
      .filter((id) => id !== null);
    const about = {
      ...candidate,
      place,
      sharePlaces,
      knowsSale: stored.has(saleKey),
      alsoFor: [...new Set(alsoFor)].filter((id) => id !== place?.partnerId),
    };
    const status = repeated(candidate, before);
    if (status) return { ...about, outcome: { status } };
    const refusals = [
      ...placeRefusals(event, place, stored.has(saleKey)),
      ...shareRefusals(event, sharePlaces),
      ...attributeRefusals(event, place),
      ...exactRefusals(candidate, place),
      ...(event.occurredAtMs > nowMs + AHEAD_MS_MAX ? [{ field: 'occurredAt', reason: 'is in the future' }] : []),
      ...readingRefusals(event, place),
      ...correctionRefusals(event, before.at(-1)),
      ...refundRefusals(event, sales),
    ];
    if (refusals.length > 0 && place?.unknownPartners === 'park' && refusals.every(isUnknownPartner))
      return { ...about, ...sentAs, outcome: { status: 'parked', partner: missingPartnerOf(about) } };
    if (refusals.length > 0) return { ...about, outcome: { status: 'refused', refusals } };
    note(known, seenOf(about));
    return { ...about, outcome: { status: 'accepted', isCorrection: before.length > 0 } };
  });
}

/** The first partner of an event who is not known. */
const missingPartnerOf = ({ event, place, sharePlaces }: Pick<Judged, 'event' | 'place' | 'sharePlaces'>): string => {
  const missing = event.shares.find((_share, index) => sharePlaces[index]?.partnerId === null);
  return place?.partnerId === null ? event.partner : (missing?.partner ?? event.partner);
};

/** A revision that is stored, or that stands earlier in the page. */
type Seen = Omit<KnownEvent, 'partnerId'> & { partnerId: bigint | null };

/** Revisions by the key of their event, the lowest first. A preview keeps those that it found new, as if they were stored. */
export type Foreseen = Map<string, Seen[]>;

export function note(seen: Foreseen, event: Seen): void {
  const key = keyOf(event);
  const revisions = seen.get(key);
  if (revisions === undefined) seen.set(key, [event]);
  else
    seen.set(
      key,
      [...revisions, event].toSorted((one, other) => one.revision - other.revision),
    );
}

export const seenOf = ({
  event,
  hash,
  place,
  sharePlaces,
}: Candidate & Pick<Judged, 'place' | 'sharePlaces'>): Seen => ({
  ...event,
  exact: event.exact ?? null,
  hash,
  partnerId: place?.partnerId ?? null,
  sharePartnerIds: sharePlaces.flatMap((one) => one?.partnerId ?? []),
});

/** The outcome of an event that is known already: the same again, the same revision with other content, or an older revision. */
export function repeated(
  { wire, event, hash }: Candidate,
  before: readonly Seen[],
): Exclude<Accepted, 'accepted' | 'parked'> | undefined {
  const same = before.find(({ revision }) => revision === event.revision);
  if (same) return hash.equals(same.hash) || isContentOf(wire, before) ? 'replayed' : 'quarantined';
  return before.some(({ revision }) => revision > event.revision) ? 'superseded' : undefined;
}

/** Whether an event says what one of its revisions says, such as the one that it became when a person accepted it. */
const isContentOf = (wire: WireEvent, revisions: readonly Seen[]): boolean => {
  const event = toEvent(wire);
  return revisions.some(({ revision, hash }) => eventHash({ ...event, revision }).equals(hash));
};

/** An event that names no revision and says something new about a known event is its next revision. */
function nextRevision(candidate: Candidate, before: readonly Seen[]): Candidate {
  const [last] = before.slice(-1);
  if (!last || candidate.wire.revision !== undefined || isContentOf(candidate.wire, before)) return candidate;
  const revision = last.revision + 1;
  const hash = eventHash({ ...toEvent(candidate.wire), revision });
  return { ...candidate, hash, wire: { ...candidate.wire, revision }, event: { ...candidate.event, revision } };
}

/** An event that stands for itself, a refund of one, or a payment of one. */
const roleOf = (kind: string): string => (kind === REFUND ? REFUND : isCollection(kind) ? COLLECTED : '');

/** A correction may change everything but what the event is: its program, and what it refunds. */
function correctionRefusals(event: Event, before: Seen | undefined): Refusal[] {
  if (!before) return [];
  const refusal = (isChanged: boolean, field: string, reason: string): Refusal[] =>
    isChanged ? [{ field, reason }] : [];
  return [
    ...refusal(before.program !== event.program, 'program', `is ${before.program} in revision ${before.revision}`),
    ...refusal(roleOf(before.kind) !== roleOf(event.kind), 'kind', `is ${before.kind} in revision ${before.revision}`),
    ...refusal(
      before.about !== event.about,
      aboutField(event.kind),
      `is ${before.about} in revision ${before.revision}`,
    ),
  ];
}

const byKey = <T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T> =>
  new Map(items.map((item) => [keyOfItem(item), item]));

const UNKNOWN = 'is not known';

const isUnknownPartner = ({ field, rule }: Refusal): boolean => rule === UNKNOWN && field !== 'program';

/**
 * The reasons why an event has no place. A partner must be in the program on the local day of the event. A refund follows the day of
 * its sale, so that it may come after the partner left. If its sale is not known, the partner must have been in the program once.
 */
function placeRefusals(event: Event, place: EventPlace | undefined, knowsSale: boolean): Refusal[] {
  if (!place?.zone || place.programId === null)
    return [{ field: 'program', reason: `${event.program} ${UNKNOWN}`, rule: UNKNOWN }];
  if (place.partnerId === null) return [{ field: 'partner', reason: `${event.partner} ${UNKNOWN}`, rule: UNKNOWN }];
  if (event.about !== null && (knowsSale || place.terms.length > 0)) return [];
  const day = localDate(event.occurredAtMs, place.zone);
  if (termOn(place.terms, day)) return [];
  const rule = `has no agreement in ${event.program} on that day (${place.zone})`;
  return [{ field: 'partner', reason: `${event.partner} ${rule.replace('that day', day)}`, rule }];
}

/** Every partner who shares an event must be in the program on its day, as the first one must. */
const shareRefusals = (event: Event, places: readonly (EventPlace | undefined)[]): Refusal[] =>
  event.shares.slice(1).flatMap(({ partner }, index) =>
    placeRefusals({ ...event, partner }, places[index + 1], false)
      .filter(({ field }) => field === 'partner')
      .map((refusal) => ({ ...refusal, field: `shares[${index + 1}].partner` })),
  );

function attributeRefusals({ attributes, program }: Event, place: EventPlace | undefined): Refusal[] {
  const declared = place?.attributes ?? [];
  return Object.keys(attributes)
    .filter((name) => place?.programId !== null && !declared.includes(name))
    .map((name) => ({ field: `attributes.${name}`, reason: `is not an attribute that program ${program} declares` }));
}

/** A reading may be about the end of a window that goes on, and no window of the calendar is longer than the year. */
function readingRefusals({ reading, occurredAtMs }: Event, place: EventPlace | undefined): Refusal[] {
  if (!reading?.on || !place?.zone) return [];
  const year = (date: string): string => date.slice(0, 'YYYY'.length);
  const own = year(localDate(occurredAtMs, place.zone));
  return year(reading.on) > own
    ? [{ field: 'reading.on', reason: `is after ${own}, the year of the event, so nobody can have measured it` }]
    : [];
}

/** The main amount has more digits than its currency only where the program says so. */
function exactRefusals({ wire, event }: Candidate, place: EventPlace | undefined): Refusal[] {
  const { amount = '', currency } = wire;
  if (event.exact === undefined || !currency || place?.programId === null || place?.exactAmounts) return [];
  const rule = 'the program takes no exact amounts (exactAmounts)';
  return [{ field: 'amount', reason: `${whyNotAmount(amount, currency)}: ${rule}`, rule }];
}

/** A refund may come before its sale. It is judged against the sale once the sale is there: it must fit one of its revisions. */
function refundRefusals(refund: Event, sales: readonly Seen[]): Refusal[] {
  const reasons = sales.map((sale) => whyNotAbout(refund, { ...sale, attributes: {}, shares: [], reading: null }));
  const reason = reasons.at(-1);
  return reason !== undefined && reasons.every((one) => one !== undefined)
    ? [{ field: aboutField(refund.kind), reason }]
    : [];
}
