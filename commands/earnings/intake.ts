import type { Database } from '../../db/database.ts';
import type { NewEvent } from '../../db/earnings/event-rows.ts';
import { type EventKey, type EventRevision, insertEvents } from '../../db/earnings/events.ts';
import { type HistoryLock, listCorrectable, lockHistories } from '../../db/earnings/histories.ts';
import { listKnownEvents } from '../../db/earnings/known-events.ts';
import { insertParked, type NewParked } from '../../db/earnings/parked.ts';
import { distinctShards, type Shard, shardOf } from '../../domain/earnings/shard.ts';
import { Failure } from '../../domain/errors.ts';
import type { WireEvent } from '../../domain/event.ts';
import { followDeals } from './deal-rests.ts';
import { keyOf, saleKeyOf } from './event-key.ts';
import { grantFacts, type GrantingEvent } from '../programs/fact-grants.ts';
import {
  type Candidate,
  type Foreseen,
  type IntakeOutcome,
  judge,
  type Judged,
  note,
  repeated,
  seenOf,
  withHash,
} from './judge.ts';
import { quarantine } from './quarantined.ts';
import { type EventWarning, warnOf } from './warnings.ts';

/** Events with the same `unit`, such as those of one row of a file, go in together or not at all. */
export type IncomingEvent = { wire: WireEvent; unit: number };

export type Intake = {
  outcomes: readonly IntakeOutcome[];
  /** The shares of programs that have new events. */
  shards: readonly Shard[];
  /** The warning about each event, in the order of the events. An event without one is as it should be. */
  warnings: readonly (EventWarning | undefined)[];
};

type IntakeOptions = {
  nowMs: number;
  strict: boolean;
  by: string;
  /** Writes more in the same transaction, such as how many rows of a file were taken in. */
  record?: (tx: Database, intake: Intake) => Promise<void>;
};

/**
 * Takes in a page of events in one transaction. An event that is known already is never judged again, so a page may be sent any
 * number of times. With `strict`, one refused event refuses the page: Failure `invalid_input` names every reason.
 */
export const intakeEvents = (
  db: Database,
  incoming: readonly IncomingEvent[],
  { nowMs, strict, by, record }: IntakeOptions,
): Promise<Intake> =>
  db.transaction(async (tx) => {
    const candidates = incoming.map(({ wire, unit }) => withHash(wire, unit));
    const changed = await listCorrectable(
      tx,
      candidates.map(({ event }) => event),
    );
    await lockHistories(tx, candidates.map(historyOf(new Set(changed.map(keyOf)))));
    const judged = refuseWholeUnits(await judge(tx, candidates, nowMs));
    if (strict) refuseAll(judged);
    const settled = await write(tx, judged, by);
    await grantFacts(tx, settled.flatMap(grantingOf));
    await followDeals(tx, settled.flatMap(changedBy), by);
    const intake = {
      outcomes: settled.map(({ outcome }) => outcome),
      shards: distinctShards(settled.filter(({ outcome }) => outcome.status === 'accepted').flatMap(shardsOf)),
      warnings: await warn(tx, settled),
    };
    await record?.(tx, intake);
    return intake;
  });

/**
 * The history that an event changes. Two events may belong to one history and name different partners. Each is worked out for the
 * partners of the other only if the later one sees the earlier one, so they do not go in at the same time.
 */
const historyOf =
  (changed: ReadonlySet<string>) =>
  ({ event }: Candidate): HistoryLock => {
    const isShaping = event.shares.length > 0 || event.revision > 1 || changed.has(keyOf(event));
    return { source: event.source, id: event.about ?? event.id, isShared: !isShaping };
  };

/** Judges a page of events as `intakeEvents` does, and writes nothing. It adds the events that are new to `foreseen`. */
export async function foreseeIntake(
  db: Database,
  incoming: readonly IncomingEvent[],
  { nowMs, foreseen }: { nowMs: number; foreseen: Foreseen },
): Promise<Pick<Intake, 'outcomes' | 'warnings'>> {
  const candidates = incoming.map(({ wire, unit }) => withHash(wire, unit));
  const judged = refuseWholeUnits(await judge(db, candidates, nowMs, foreseen));
  for (const one of judged) if (one.outcome.status === 'accepted') note(foreseen, seenOf(one));
  return { outcomes: judged.map(({ outcome }) => outcome), warnings: await warn(db, judged) };
}

/** Warns of the events that count, and of those that are parked. A sale of this page is known too, unless it was refused. */
function warn(db: Database, settled: readonly Judged[]) {
  const known = new Set(settled.filter(({ outcome }) => outcome.status !== 'refused').map(({ event }) => keyOf(event)));
  const before = new Set(settled.filter(({ knowsSale }) => knowsSale).map(({ event }) => event));
  return warnOf(
    db,
    settled.map(({ event, place, outcome }) => {
      if (outcome.status === 'parked') return { event, place, isNew: true, parkedFor: outcome.partner };
      const isNew = outcome.status === 'accepted' && event.revision === 1;
      return isNew || ['accepted', 'replayed'].includes(outcome.status) ? { event, place, isNew } : undefined;
    }),
    (refund) => before.has(refund) || known.has(saleKeyOf(refund)),
  );
}

const shardsOf = ({ event, place, sharePlaces, alsoFor }: Judged): Shard[] =>
  [place?.partnerId ?? 0n, ...sharePlaces.flatMap((one) => one?.partnerId ?? []), ...alsoFor].map((partnerId) => ({
    program: event.program,
    shard: shardOf(partnerId),
  }));

/** Events that go in together are refused together, each with its own reasons or because of the other. */
function refuseWholeUnits(judged: readonly Judged[]): Judged[] {
  const refused = new Set(judged.filter(({ outcome }) => outcome.status === 'refused').map(({ unit }) => unit));
  return judged.map((one) =>
    refused.has(one.unit) && (one.outcome.status === 'accepted' || one.outcome.status === 'parked')
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
  const fresh = judged.filter(({ outcome }) => outcome.status === 'accepted').flatMap((one) => rowOf(one, by));
  const overlapped = fresh.length > 0 ? await insertEvents(db, fresh) : [];
  const settled = overlapped.length === 0 ? judged : await compareOverlapped(db, judged, overlapped);
  await quarantine(
    db,
    settled.filter(({ outcome }) => outcome.status === 'quarantined'),
    by,
  );
  await insertParked(
    db,
    settled.flatMap((one) => parkedRowOf(one, by)),
  );
  return settled;
}

const parkedRowOf = (one: Judged, sentBy: string): NewParked[] => {
  const { wire, hash, event, place, outcome } = one;
  const programId = place?.programId ?? null;
  if (programId === null || outcome.status !== 'parked') return [];
  const { currency, minor } = event;
  return [{ programId, partner: outcome.partner, wire, hash, currency, minor, sentBy }];
};

/** An event that may say something about its partner. Sales and refunds, which are most events, do not. */
const grantingOf = ({ event, place, outcome }: Judged): GrantingEvent[] =>
  outcome.status !== 'accepted' || event.kind === 'sale' || event.about !== null || !place?.zone
    ? []
    : [{ event, zone: place.zone }];

/** The event that an event corrects, refunds or shares anew. Sales that come for the first time change no other. */
const changedBy = ({ event, outcome }: Judged): EventKey[] =>
  outcome.status === 'accepted' && (event.about !== null || event.revision > 1)
    ? [{ source: event.source, id: event.about ?? event.id }]
    : [];

/** An accepted event always has its place, although its type does not say so. */
const rowOf = ({ event, hash, place, sharePlaces, alsoFor }: Judged, sentBy: string): NewEvent[] => {
  const { partnerId = null, programId = null } = place ?? {};
  if (partnerId === null || programId === null) return [];
  const shares = event.shares.flatMap(({ weight }, index) => {
    const id = sharePlaces[index]?.partnerId ?? null;
    return id === null ? [] : [{ partnerId: id, weight }];
  });
  return [{ event, hash, partnerId, programId, sentBy, shares, alsoFor }];
};

const revisionKeyOf = (event: EventKey & { revision: number }): string => `${keyOf(event)} ${event.revision}`;

async function compareOverlapped(
  db: Database,
  judged: readonly Judged[],
  overlapped: readonly EventRevision[],
): Promise<Judged[]> {
  const keys = new Set(overlapped.map(revisionKeyOf));
  const isOverlapped = ({ event, outcome }: Judged) => outcome.status === 'accepted' && keys.has(revisionKeyOf(event));
  const theirs = Map.groupBy(await listKnownEvents(db, overlapped), keyOf);
  return judged.map((one) => {
    const status = isOverlapped(one) && repeated(one, theirs.get(keyOf(one.event)) ?? []);
    return status ? { ...one, outcome: { status } } : one;
  });
}
