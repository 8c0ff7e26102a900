import type { Database } from '../../db/database.ts';
import {
  type EventKey,
  type EventPlace,
  insertEvents,
  type KnownEvent,
  listEventPlaces,
  listKnownEvents,
  type NewEvent,
} from '../../db/earnings/events.ts';
import { insertQuarantined } from '../../db/earnings/quarantine.ts';
import { localDate } from '../../domain/calendar.ts';
import { MINUTE_MS } from '../../domain/durations.ts';
import { whyNotReverse } from '../../domain/earnings/earning.ts';
import { Failure } from '../../domain/errors.ts';
import { type Event, eventHash, toEvent, type WireEvent } from '../../domain/event.ts';
import { termOn } from '../../domain/partners/agreement.ts';
import { grantFacts, type GrantingEvent } from '../programs/fact-grants.ts';
import { forSurvivors } from './survivors.ts';
import { type EventWarning, warnOf } from './warnings.ts';

/** Clocks differ, so an event may claim to be from this far in the future. */
const AHEAD_MS_MAX = 5 * MINUTE_MS;

export type Accepted = 'accepted' | 'replayed' | 'quarantined';
/** The rule is the reason without the names in it. It is left out where they are the same. */
export type Refusal = { field: string; reason: string; rule?: string };

/** The outcome of one event: taken in, known already, kept aside because its key came with other content, or refused. */
export type IntakeOutcome = { status: Accepted } | { status: 'refused'; refusals: readonly Refusal[] };

/** Events with the same `unit`, such as those of one row of a file, go in together or not at all. */
export type IncomingEvent = { wire: WireEvent; unit: number };

export type Intake = {
  outcomes: readonly IntakeOutcome[];
  /** The programs that have new events. */
  programs: readonly string[];
  /** The warning about each event, in the order of the events. An event without one is as it should be. */
  warnings: readonly (EventWarning | undefined)[];
};

type Candidate = { wire: WireEvent; event: Event; hash: Buffer; unit: number };
type Judged = Candidate & {
  place: EventPlace | undefined;
  /** For a refund whose sale was taken in before. */
  knowsSale: boolean;
  outcome: IntakeOutcome;
};

/**
 * Takes in a page of events in one transaction. An event that is known already is never judged again, so a page may be sent any
 * number of times. With `strict`, one refused event refuses the page: Failure `invalid_input` names every reason.
 */
export const intakeEvents = (
  db: Database,
  incoming: readonly IncomingEvent[],
  { nowMs, strict, by }: { nowMs: number; strict: boolean; by: string },
): Promise<Intake> =>
  db.transaction(async (tx) => {
    const candidates = incoming.map(({ wire, unit }) => withHash(wire, unit));
    const judged = refuseWholeUnits(await judge(tx, candidates, nowMs));
    if (strict) refuseAll(judged);
    const settled = await write(tx, judged, by);
    await grantFacts(tx, settled.flatMap(grantingOf));
    const programs = settled.filter(({ outcome }) => outcome.status === 'accepted').map(({ event }) => event.program);
    return {
      outcomes: settled.map(({ outcome }) => outcome),
      programs: [...new Set(programs)],
      warnings: await warn(tx, settled),
    };
  });

/** The events that a preview found new so far, by key. The next page is judged as if they were stored. */
export type Foreseen = Map<string, KnownEvent>;

/** Judges a page of events as `intakeEvents` does, and writes nothing. It adds the events that are new to `foreseen`. */
export async function foreseeIntake(
  db: Database,
  incoming: readonly IncomingEvent[],
  { nowMs, foreseen }: { nowMs: number; foreseen: Foreseen },
): Promise<Pick<Intake, 'outcomes' | 'warnings'>> {
  const candidates = incoming.map(({ wire, unit }) => withHash(wire, unit));
  const judged = refuseWholeUnits(await judge(db, candidates, nowMs, foreseen));
  for (const one of judged) if (one.outcome.status === 'accepted') foreseen.set(keyOf(one.event), knownOf(one));
  return { outcomes: judged.map(({ outcome }) => outcome), warnings: await warn(db, judged) };
}

/** Warns of the events that count. A sale of this page is known too, unless it was refused. */
function warn(db: Database, settled: readonly Judged[]) {
  const known = new Set(settled.filter(({ outcome }) => outcome.status !== 'refused').map(({ event }) => keyOf(event)));
  const before = new Set(settled.filter(({ knowsSale }) => knowsSale).map(({ event }) => event));
  return warnOf(
    db,
    settled.map((one) => (['accepted', 'replayed'].includes(one.outcome.status) ? one : undefined)),
    (refund) => before.has(refund) || known.has(saleKeyOf(refund)),
  );
}

function withHash(wire: WireEvent, unit: number): Candidate {
  const event = toEvent(wire);
  return { wire, event, hash: eventHash(event), unit };
}

export const keyOf = ({ source, id }: EventKey): string => `${source} ${id}`;
const saleKeyOf = ({ source, refundOf }: Event): string => keyOf({ source, id: refundOf ?? '' });
const placeKey = ({ partner, program }: { partner: string; program: string }): string => `${partner} ${program}`;

/** Decides the outcome of each event. If two events of a page have the same key, the first counts. */
async function judge(
  db: Database,
  sent: readonly Candidate[],
  nowMs: number,
  foreseen: Foreseen = new Map(),
): Promise<Judged[]> {
  const asked = sent.flatMap(({ event }) =>
    event.refundOf === null ? [event] : [event, { source: event.source, id: event.refundOf }],
  );
  const expected = foreseen.size > 0 ? asked.flatMap((key) => foreseen.get(keyOf(key)) ?? []) : [];
  const stored = byKey([...expected, ...(await listKnownEvents(db, asked))], keyOf);
  const candidates = await forSurvivors(db, sent, stored);
  const events = candidates.map(({ event }) => event);
  const places = byKey(await listEventPlaces(db, events), placeKey);
  const paged = byKey(candidates.toReversed().map(knownOf), keyOf);
  const taken = new Set<string>();
  return candidates.map((candidate) => {
    const { event, hash } = candidate;
    const key = keyOf(event);
    const saleKey = saleKeyOf(event);
    const about = { ...candidate, place: places.get(placeKey(event)), knowsSale: stored.has(saleKey) };
    const before = stored.get(key) ?? (taken.has(key) ? paged.get(key) : undefined);
    if (before) return { ...about, outcome: { status: sameContent(before, hash) ? 'replayed' : 'quarantined' } };
    const sale = stored.get(saleKey) ?? paged.get(saleKey);
    const refusals = [
      ...placeRefusals(event, about.place, about.knowsSale),
      ...(event.occurredAtMs > nowMs + AHEAD_MS_MAX ? [{ field: 'occurredAt', reason: 'is in the future' }] : []),
      ...refundRefusals(event, sale),
    ];
    if (refusals.length > 0) return { ...about, outcome: { status: 'refused', refusals } };
    taken.add(key);
    return { ...about, outcome: { status: 'accepted' } };
  });
}

const byKey = <T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T> =>
  new Map(items.map((item) => [keyOfItem(item), item]));

const knownOf = ({ event, hash }: Candidate): KnownEvent => ({ ...event, hash });

const sameContent = ({ hash }: KnownEvent, other: Buffer): boolean => other.equals(hash);

const UNKNOWN = 'is not known';

/**
 * The reasons why an event has no place. A partner must be in the program on the local day of the event. A refund follows the day of
 * its sale, so that it may come after the partner left. If its sale is not known, the partner must have been in the program once.
 */
function placeRefusals(event: Event, place: EventPlace | undefined, knowsSale: boolean): Refusal[] {
  if (!place?.zone || place.programId === null)
    return [{ field: 'program', reason: `${event.program} ${UNKNOWN}`, rule: UNKNOWN }];
  if (place.partnerId === null) return [{ field: 'partner', reason: `${event.partner} ${UNKNOWN}`, rule: UNKNOWN }];
  if (event.refundOf !== null && (knowsSale || place.terms.length > 0)) return [];
  const day = localDate(event.occurredAtMs, place.zone);
  if (termOn(place.terms, day)) return [];
  const rule = `has no agreement in ${event.program} on that day (${place.zone})`;
  return [{ field: 'partner', reason: `${event.partner} ${rule.replace('that day', day)}`, rule }];
}

/** A refund may come before its sale. It is judged against the sale once the sale is there. */
function refundRefusals(refund: Event, sale: KnownEvent | undefined): Refusal[] {
  if (refund.refundOf === null || !sale) return [];
  const reason = whyNotReverse(refund, { ...sale, occurredAtMs: 0, otherAmounts: {}, quantity: null, refundOf: null });
  return reason ? [{ field: 'refundOf', reason }] : [];
}

/** Events that go in together are refused together, each with its own reasons or because of the other. */
function refuseWholeUnits(judged: readonly Judged[]): Judged[] {
  const refused = new Set(judged.filter(({ outcome }) => outcome.status === 'refused').map(({ unit }) => unit));
  return judged.map((one) =>
    refused.has(one.unit) && one.outcome.status === 'accepted'
      ? { ...one, outcome: { status: 'refused', refusals: [] } }
      : one,
  );
}

function refuseAll(judged: readonly Judged[]): void {
  const details = judged.flatMap(({ outcome }, index) =>
    outcome.status === 'refused'
      ? outcome.refusals.map(({ field, reason }) => ({ field: `events[${index}].${field}`, reason }))
      : [],
  );
  if (details.length > 0)
    throw new Failure(
      'invalid_input',
      'No event was taken in, because some were refused. Fix the named events, then send all of them again.',
      {
        details,
      },
    );
}

/** Writes the new events. An event that another request wrote in the meantime is compared with the stored one. */
async function write(db: Database, judged: readonly Judged[], by: string): Promise<readonly Judged[]> {
  const fresh = judged.filter(({ outcome }) => outcome.status === 'accepted');
  const added =
    fresh.length > 0
      ? await insertEvents(
          db,
          fresh.flatMap((one) => rowOf(one, by)),
        )
      : [];
  const settled = added.length === fresh.length ? judged : await compareOverlapped(db, judged, added);
  await insertQuarantined(
    db,
    settled.filter(({ outcome }) => outcome.status === 'quarantined'),
  );
  return settled;
}

/** An event that may say something about its partner. Sales and refunds, which are most events, do not. */
const grantingOf = ({ event, place, outcome }: Judged): GrantingEvent[] =>
  outcome.status !== 'accepted' || event.kind === 'sale' || event.refundOf !== null || !place?.zone
    ? []
    : [{ event, zone: place.zone }];

/** An accepted event always has its place, although its type does not say so. */
const rowOf = ({ event, hash, place }: Judged, sentBy: string): NewEvent[] => {
  const { partnerId = null, programId = null } = place ?? {};
  return partnerId === null || programId === null ? [] : [{ event, hash, partnerId, programId, sentBy }];
};

async function compareOverlapped(
  db: Database,
  judged: readonly Judged[],
  added: readonly EventKey[],
): Promise<Judged[]> {
  const ours = new Set(added.map(keyOf));
  const overlapped = judged.filter(({ event, outcome }) => outcome.status === 'accepted' && !ours.has(keyOf(event)));
  const theirs = byKey(
    await listKnownEvents(
      db,
      overlapped.map(({ event }) => event),
    ),
    keyOf,
  );
  return judged.map((one) => {
    const before = overlapped.includes(one) ? theirs.get(keyOf(one.event)) : undefined;
    if (!before) return one;
    return { ...one, outcome: { status: sameContent(before, one.hash) ? 'replayed' : 'quarantined' } };
  });
}
